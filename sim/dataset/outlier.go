package dataset

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
)

// place is a row of a table of places.
type place struct {
	line     int
	lat, lon float64 // degrees
	radius   float64 // of coverage, m; 0: the table has none
}

// places are those of one table.
type places struct {
	file string
	what string // what a place is, such as "site"
	mark string // what place.line counts, such as "line"
	all  []place
}

// Outliers are found by their distance from the middle, which is the median latitude and the median
// longitude. Kept are distances up to the median distance plus tolerance standard deviations, estimated by
// the median absolute deviation (MAD), which outliers do not move: F. R. Hampel, "The influence curve
// and its role in robust estimation", J. Am. Stat. Assoc. 69, 1974. A normal distribution has
// the standard deviation normalMAD times its MAD.
const (
	tolerance  = 5
	normalMAD  = 1.4826
	leastSpanM = 100 // m, the least standard deviation: what is close together has no outliers
)

// outlier is a place that is too far away.
type outlier struct {
	place
	distance float64 // from the middle, m
}

// split separates the places up to the distance limit (in m) from the outliers.
func (s *places) split() (kept []place, out []outlier, limit float64) {
	d := s.distances(s.middle())
	limit = median(d)
	deviation := make([]float64, len(d))
	for i, v := range d {
		deviation[i] = math.Abs(v - limit)
	}
	limit += tolerance * math.Max(normalMAD*median(deviation), leastSpanM)
	for i, p := range s.all {
		if d[i] > limit {
			out = append(out, outlier{p, d[i]})
		} else {
			kept = append(kept, p)
		}
	}
	return kept, out, limit
}

// middle returns the median latitude and the median longitude.
func (s *places) middle() (lat, lon float64) {
	lats, lons := make([]float64, len(s.all)), make([]float64, len(s.all))
	first := s.all[0].lon
	for i, p := range s.all {
		lats[i], lons[i] = p.lat, math.Remainder(p.lon-first, 360) // the date line does not tear a map apart
	}
	return median(lats), first + median(lons)
}

// distances returns the distance of every place from one, in m, on a sphere: an outlier may be on the other side of
// the earth.
func (s *places) distances(lat, lon float64) []float64 {
	d := make([]float64, len(s.all))
	for i, p := range s.all {
		d[i] = haversine(lat, lon, p.lat, p.lon)
	}
	return d
}

// haversine returns the length of a great circle in m, true to 0.6 % on the ellipsoid.
func haversine(lat0, lon0, lat, lon float64) float64 {
	const meanRadiusM = 6371008.8
	a := math.Sin(radians(lat-lat0) / 2)
	b := math.Sin(radians(lon-lon0) / 2)
	h := a*a + math.Cos(radians(lat0))*math.Cos(radians(lat))*b*b
	return 2 * meanRadiusM * math.Asin(math.Sqrt(math.Min(1, h)))
}

// median returns the middle of the values, or the mean of the two in the middle. There must be a value.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// nearest returns the n places of the least distances, in the order of the table.
func (s *places) nearest(n int, d []float64) []place {
	order := make([]int, len(s.all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d[a], d[b]) })
	near := order[:n]
	slices.Sort(near)
	kept := make([]place, n)
	for i, j := range near {
		kept[i] = s.all[j]
	}
	return kept
}

// drop removes the outliers, or only tells of them, and counts.
func (s *places) drop(keep bool, r *Report) {
	kept, out, limit := s.split()
	did := "dropped"
	if keep {
		did = "kept all the same"
	}
	lat, lon := s.middle()
	for _, o := range out {
		r.Outliers = append(r.Outliers, fmt.Sprintf("%s:%d: the %s at %.6f, %.6f is %.1f km from the middle of the %ss (%.6f, %.6f); the limit is %.1f km; %s",
			filepath.Base(s.file), o.line, s.what, o.lat, o.lon, o.distance/1e3, s.what, lat, lon, limit/1e3, did))
	}
	if !keep {
		s.all = kept
		r.drop(s.file, len(out), "too far away")
	}
}
