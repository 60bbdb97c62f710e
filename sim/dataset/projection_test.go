package dataset

import (
	"math"
	"testing"
)

// geodesics have been computed by GeographicLib 2.1 for Python: Geodesic.WGS84.Inverse(lat0, lon0, lat, lon), which
// solves the inverse problem by the method of C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87, 2013.
// x = s12 sin(azi1), y = s12 cos(azi1), in m.
var geodesics = []struct{ lat0, lon0, lat, lon, x, y float64 }{
	{-37.815, 144.963, -37.809, 144.974, 968.658, 665.901},
	{-37.815, 144.963, -37.821, 144.974, 968.501, -666.015},
	{-37.815, 144.963, -37.715, 145.163, 17634.253, 11080.347},
	{-37.815, 144.963, -37.365, 144.463, -44292.441, 49826.838},
	{31.22, 121.47, 31.226, 121.481, 1048.061, 665.292},
	{31.22, 121.47, 31.32, 121.67, 19036.770, 11104.650},
	{31.22, 121.47, 31.67, 120.97, -47415.327, 50002.415},
	{31.22, 121.47, 30.77, 121.97, 47866.686, -49783.432},
	{0.3, -179.95, 0.4, -179.75, 22263.370, 11057.658},
	{0.3, -179.95, 0.75, 179.55, -55655.577, 49760.376},
	{69.65, 18.95, 69.75, 19.15, 7728.709, 11168.471},
	{69.65, 18.95, 70.1, 18.45, -19001.739, 50280.008},
}

// TestProjection: distances and directions are those of geodesics, up to the stated error.
func TestProjection(t *testing.T) {
	for _, g := range geodesics {
		p := newProjection(g.lat0, g.lon0)
		x, y := p.metres(g.lat, g.lon)
		d := math.Hypot(g.x, g.y)
		if far := math.Hypot(x-g.x, y-g.y); far > 0.0085*d {
			t.Errorf("(%g, %g) is at (%.3f, %.3f) m, and the geodesic ends at (%.3f, %.3f)", g.lat, g.lon, x, y, g.x, g.y)
		}
		wrong, stated := math.Abs(math.Hypot(x, y)-d), p.wrong(x, y)
		if wrong > 1.15*stated+0.5 || stated > 1.15*wrong+1.5 {
			t.Errorf("the distance of (%g, %g) is wrong by %.3f m; stated: %.3f m", g.lat, g.lon, wrong, stated)
		}
	}
}

// TestProjectionDegrees: a degree of latitude and of longitude has the length of the ellipsoid's tables
// (National Geospatial-Intelligence Agency, "Length of a degree of latitude and longitude", WGS84).
func TestProjectionDegrees(t *testing.T) {
	for _, c := range []struct{ lat, perLat, perLon float64 }{
		{0, 110574.28, 111319.49}, {45, 111131.78, 78846.81}, {-60, 111412.24, 55800.00},
	} {
		p := newProjection(c.lat, 10)
		if math.Abs(p.perLat-c.perLat) > 0.5 || math.Abs(p.perLon-c.perLon) > 0.5 {
			t.Errorf("at %g degrees: %.2f and %.2f m per degree, want %.2f and %.2f", c.lat, p.perLat, p.perLon, c.perLat, c.perLon)
		}
	}
}
