package bench

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	critic := Row{Name: "critic", Shape: "N8", Backend: "gpu", Device: "a device", Seconds: 1e-3, Rate: 5, Unit: gigaflops, PeakBefore: 1}
	other := critic
	other.Shape, other.PeakBefore = "N32", 2
	var in strings.Builder
	withPeer := other
	withPeer.Peers = []Duel{{Peer: "PyTorch 2", Variant: "compiled", Seconds: 2e-3, Own: 1e-3, Ratio: 2}}
	for _, row := range []any{critic, other, withPeer, SimRow{Name: "sim", IEDs: 30, Worlds: 7, Seconds: 1}, TrainRow{Name: "train", Algo: "amarl", IEDs: 6}} {
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	in.WriteString("{\"name\":\"critic\",\"sha\n[]\n\n{}\n")
	var out strings.Builder
	if err := Show(&out, strings.NewReader(in.String())); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{"critic  N8 ", "critic  N32 ", "ratio 2.00", "1.000 ms", "sim     N30", "amarl", "3 lines are no rows\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, once := range []string{"gpu (a device)", "critic  N32 "} {
		if n := strings.Count(got, once); n != 1 {
			t.Errorf("%q is there %d times", once, n)
		}
	}
}
