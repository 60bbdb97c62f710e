package sim

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// urban returns the constants of an urban scenario.
func urban(t testing.TB, scenario string, carrierGHz float64) *params {
	t.Helper()
	return newParams(paper(t, func(s *Scenario) { s.Hall.Clutter, s.Radio.CarrierGHz = scenario, carrierGHz }))
}

// lossesAt is the path loss at d2D as a link computes it.
func (p *params) lossesAt(d2D float64) (los, nlos float64) {
	d := max(sqrtf(float32(d2D*d2D)+p.height2), p.closest)
	l, n := p.losses(float32(log2f(d) * log10of2))
	return float64(l), float64(n)
}

// TestUrbanGolden compares with numbers of ns-3; testdata/outdoor.csv says which.
func TestUrbanGolden(t *testing.T) {
	file, err := os.Open("testdata/outdoor.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		p := urban(t, row[0], 5)
		d, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		los, nlos := p.lossesAt(d)
		got := map[string]float64{"loss_los": los, "loss_nlos": nlos, "p_los": float64(p.visible(float32(d)))}
		tolerance := 2e-4 // dB; ns-3 prints four digits
		if row[1] == "p_los" {
			tolerance = 1e-6
		}
		within(t, strings.Join(row, " "), got[row[1]], want, tolerance)
	}
	if len(rows) != 23 {
		t.Errorf("%d rows, want 23", len(rows))
	}
}

// TestUrbanLossFollowsTheTable compares with the two cases of the table, whose breakpoint the engine does
// not compare with: 300 m for UMi and 800 m for UMa at 5 GHz. Distances under 10 m count as 10 m.
func TestUrbanLossFollowsTheTable(t *testing.T) {
	for _, scenario := range []string{"UMi", "UMa"} {
		for _, f := range []float64{0.5, 2, 3.5, 5, 28, 100} {
			p := urban(t, scenario, f)
			for d := 1.; d < 2e4; d *= 1.07 {
				want := tables[scenario](d, f)
				los, nlos := p.lossesAt(d)
				within(t, scenario+" LOS", los, want.los, 2e-4)
				within(t, scenario+" NLOS", nlos, want.nlos, 2e-4)
				within(t, scenario+" P_LOS", float64(p.visible(float32(d))), want.visible, 1e-6)
			}
			if p.visible(0) != 1 || p.visible(18) != 1 || p.visible(19) >= 1 {
				t.Errorf("%s: P_LOS(0, 18, 19 m) = %v, %v, %v", scenario, p.visible(0), p.visible(18), p.visible(19))
			}
		}
	}
	umi, uma := streetCanyon, urbanMacro
	within(t, "UMi d'_BP", umi.breakpoint(5), 300, 1e-9)
	within(t, "UMa d'_BP", uma.breakpoint(5), 800, 1e-9)
}

// TestUrbanLinks draws links by the engine: the share with line of sight at a distance is P_LOS, and what
// is left of the loss after the table's is shadowing of the table's standard deviation.
func TestUrbanLinks(t *testing.T) {
	for _, scenario := range []string{"UMi", "UMa"} {
		s := paper(t, func(s *Scenario) {
			s.IEDs, s.Servers, s.Hall.Clutter, s.Hall.WidthM, s.Hall.DepthM = 4000, 4, scenario, 600, 300
		})
		w, _, _ := start(t, s, 8, 11)
		edges := []float64{18, 50, 100, 200, 400, 700}
		seen, expected, variance := make([]float64, 6), make([]float64, 6), make([]float64, 6)
		var n, mean, square [2]float64
		for i := range w.W * w.A {
			moment := w.topologyMoment(i / w.A)
			x, y, _ := w.p.place(&moment, i%w.A)
			for c, m := range w.cand[i*w.p.C:][:w.p.C] {
				link := i*w.p.C + c
				d := math.Hypot(float64(x-w.p.servers[m][0]), float64(y-w.p.servers[m][1]))
				want := tables[scenario](d, 3.5)
				bin := 0
				for d > edges[bin] {
					bin++
				}
				expected[bin] += want.visible
				variance[bin] += want.visible * (1 - want.visible)
				loss, sigma, k := want.nlos, want.sigmaNLOS, 0
				if w.los[link] {
					seen[bin]++
					loss, sigma, k = want.los, want.sigmaLOS, 1
				}
				z := (-10*math.Log10(float64(w.gain[link])) - loss) / sigma
				n[k]++
				mean[k] += z
				square[k] += z * z
			}
		}
		for bin, v := range variance {
			within(t, scenario+" links with line of sight up to "+strconv.Itoa(int(edges[bin]))+" m", seen[bin], expected[bin], 4*math.Sqrt(v))
		}
		for k := range n {
			within(t, scenario+" mean of the shadowing", mean[k]/n[k], 0, 4/math.Sqrt(n[k]))
			within(t, scenario+" its variance", square[k]/n[k], 1, 4*math.Sqrt(2/n[k]))
		}
	}
}

func TestUrbanCarriersOutOfRangeAreRefused(t *testing.T) {
	for _, carrier := range []string{"0.4", "101"} {
		_, err := Parse([]byte("hall: {clutter: UMi}\nradio: {carrier_ghz: "+carrier+"}\n"), "my.yaml")
		want := "my.yaml:2: radio.carrier_ghz: " + carrier + " is not allowed; allowed: 0.5 to 100"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestOnlySmallFractionsMayBeDegrees(t *testing.T) {
	for p, want := range map[Point]bool{
		{-37.8136, 144.9631}: true, {144.9631, -37.8136}: true, {-122.41, 37.77}: true, // Melbourne, San Francisco
		{-1, 144.9631}: false, {100.5, -95.5}: false, {20.5, 180.5}: false, {300.5, -0.5}: false,
	} {
		if got := p.maybeDegrees(); got != want {
			t.Errorf("%v: %v", p, got)
		}
	}
}
