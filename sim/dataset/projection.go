package dataset

import "math"

// The ellipsoid WGS84, in which public data sets give latitudes and longitudes.
const (
	equatorM     = 6378137.0              // semi-major axis
	eccentricity = 0.00669437999014131699 // first eccentricity, squared
)

// projection maps latitudes and longitudes near a centre to metres on a plane: x to the east, y to the
// north. It is the local equirectangular projection of the ellipsoid:
//
//	x = N cos(lat0) (lon - lon0)      N, the radius of curvature of the prime vertical at the centre
//	y = M (lat - lat0)                M, that of the meridian
//
// A distance d to the centre is wrong by about x^2 |y| tan(lat0) / (2 N d), because parallels become
// shorter towards the poles: 3 cm at the edge of an inner city, 80 m at 69 km from Shanghai.
type projection struct {
	lat, lon   float64 // the centre, degrees
	perLat     float64 // m per degree
	perLon     float64 // m per degree
	tan, prime float64 // tan(lat0); N, m
}

func newProjection(lat, lon float64) projection {
	sin, cos := math.Sincos(radians(lat))
	w := 1 - eccentricity*sin*sin
	prime := equatorM / math.Sqrt(w)
	meridian := prime * (1 - eccentricity) / w
	return projection{lat, lon, radians(meridian), radians(prime * cos), sin / cos, prime}
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

// metres returns a place's x to the east and y to the north of the centre.
func (p projection) metres(lat, lon float64) (x, y float64) {
	return p.perLon * math.Remainder(lon-p.lon, 360), p.perLat * (lat - p.lat)
}

// wrong is the error of the distance between the centre and (x, y), in m.
func (p projection) wrong(x, y float64) float64 {
	d := math.Hypot(x, y)
	if d == 0 {
		return 0
	}
	return math.Abs(x*x*y*p.tan) / (2 * p.prime * d)
}
