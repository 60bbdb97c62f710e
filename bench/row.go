package bench

import (
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/gmel-go/gmel/nn/train"
)

// Row is the result of one case.
type Row struct {
	Name    string `json:"name"`
	Shape   string `json:"shape"`
	Backend string `json:"backend"` // as for kernels.Open
	Device  string `json:"device"`  // the processor
	ISA     string `json:"isa,omitempty"`
	Threads int    `json:"threads"`
	DType   string `json:"dtype"`
	// Precision of the factors of products; "" is fp32.
	Precision string `json:"precision,omitempty"`

	Seconds float64 `json:"seconds"` // median
	Spread  float64 `json:"spread_seconds"`
	Samples int     `json:"samples"`
	Rate    float64 `json:"rate"`
	Unit    string  `json:"unit"`

	Flops      float64 `json:"flops"`                // of one run, by the Specs of its ops
	PeakBefore float64 `json:"peak_before"`          // flop/s; 0: not measured
	PeakAfter  float64 `json:"peak_after"`           // flop/s
	PeakOf     string  `json:"peak_of,omitempty"`    // the instruction of the peak, such as "FMA" or "mma.sync bf16"
	Traffic    float64 `json:"traffic"`              // bytes that one run must move; 0: not known
	Bandwidth  float64 `json:"bandwidth"`            // bytes/s of a copy, read and written, the larger of before and after; 0: not measured
	Floor      float64 `json:"floor_seconds"`        // flops over the larger peak, or traffic over bandwidth where that is more; 0: no peak
	FloorOf    string  `json:"floor_of,omitempty"`   // peak_of, or "copy": which of the two
	Fraction   float64 `json:"fraction_of_floor"`    // floor over seconds
	Peers      []Duel  `json:"peers,omitempty"`      // measured beside it
	Profile    []Share `json:"profile,omitempty"`    // time by op
	Commit     string  `json:"commit,omitempty"`     // of the program, "-dirty" when changed since; or train.UnknownRevision
	Go         string  `json:"go"`                   //
	Operations int     `json:"operations,omitempty"` // ops of the Program
}

// Duel is a row's peer, measured in turns with it. Where Error is set there is no ratio.
type Duel struct {
	Peer      string  `json:"peer"`            // name and version
	Error     string  `json:"error,omitempty"` // why there is no ratio
	Variant   string  `json:"variant"`         // the fastest of its ways to do the work
	Seconds   float64 `json:"seconds"`         // median of its slices
	Own       float64 `json:"own_seconds"`     // median of ours between them
	Ratio     float64 `json:"ratio"`           // median of peer / own of neighbouring slices
	RatioLow  float64 `json:"ratio_low"`       // lower quartile
	RatioHigh float64 `json:"ratio_high"`      // upper quartile
	Rounds    int     `json:"rounds"`          //
	Agreement float64 `json:"agreement"`       // worst difference over the largest element of its tensor
	Tried     []Tried `json:"tried"`           // all variants
	Goal      float64 `json:"goal,omitempty"`  // ratio that the project set itself
}

// Tried is one way of a peer to do the work.
type Tried struct {
	Variant   string  `json:"variant"`
	Seconds   float64 `json:"seconds"`             // median of a short measurement
	Agreement float64 `json:"agreement,omitempty"` // as in Duel
	Error     string  `json:"error,omitempty"`     // why it is left out, such as other work, too little memory, too long a compilation
}

// commit is the revision that the program was built from, asked for once.
var commit = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return train.UnknownRevision
	}
	return shortRevision(train.Revision(info))
})

func shortRevision(revision string, changed bool) string {
	revision = revision[:min(len(revision), 12)]
	if changed {
		revision += "-dirty"
	}
	return revision
}

func goVersion() string { return runtime.Version() }
