//go:build cgo

package cpu

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

func TestDescriptorLayoutEqualsC(t *testing.T) {
	var d kernels.Desc
	var s kernels.Step
	want := []int64{
		int64(unsafe.Sizeof(d)), int64(unsafe.Offsetof(d.Op)), int64(unsafe.Offsetof(d.Fn)), int64(unsafe.Offsetof(d.Bin)),
		int64(unsafe.Offsetof(d.Flags)), int64(unsafe.Offsetof(d.Seed)), int64(unsafe.Offsetof(d.Stream)),
		int64(unsafe.Offsetof(d.Arg)), int64(unsafe.Offsetof(d.Dim)), int64(unsafe.Offsetof(d.Scalar)),
		int64(unsafe.Sizeof(s)), int64(unsafe.Offsetof(s.Iteration)), int64(unsafe.Offsetof(s.Segment)), int64(unsafe.Offsetof(s.Sum)),
	}
	if got := cOffsets(len(want)); !slices.Equal(got, want) {
		t.Errorf("offsets in C %v, in Go %v", got, want)
	}
}

func TestCodesEqualC(t *testing.T) {
	var want []int64
	for _, o := range kernels.Ops() {
		want = append(want, int64(o))
	}
	want = append(want, int64(len(want))+1)
	for f := kernels.FnIdentity; f <= kernels.FnGELU+1; f++ {
		want = append(want, int64(f))
	}
	for b := kernels.BinAdd; b <= kernels.BinMax+1; b++ {
		want = append(want, int64(b))
	}
	want = append(want,
		int64(kernels.FlagAccumulate), int64(kernels.FlagTransA), int64(kernels.FlagTransB), int64(kernels.FlagFnGrad),
		kernels.MaxArgs, kernels.MaxDims, kernels.MaxScalars, kernels.Absent,
		kernels.BlockK, kernels.Lanes, kernels.Chunk, kernels.ChunkRows, kernels.CounterBase,
		kernels.GemmM, kernels.GemmN, kernels.GemmK, kernels.GemmLDA, kernels.GemmLDB, kernels.GemmLDC,
		kernels.GemmGroups, kernels.GemmStrideA, kernels.GemmStrideB, kernels.GemmStrideC, kernels.GemmStrideBias, kernels.LocalBase,
		kernels.ConvB, kernels.ConvY, kernels.ConvX, kernels.ConvC, kernels.ConvKY, kernels.ConvKX, kernels.ConvF,
		kernels.ConvStrideY, kernels.ConvStrideX, kernels.ConvPadY, kernels.ConvPadX,
		kernels.StepEnvironment, kernels.StepWorlds, kernels.StepAgents, kernels.StepObs, kernels.StepActions)
	if got := cCodes(); !slices.Equal(got, want) {
		t.Errorf("codes in C %v, in Go %v", got, want)
	}
}
