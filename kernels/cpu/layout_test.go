//go:build cgo

package cpu

import (
	"slices"
	"strings"
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

// goName is a name in C as Go writes it in dumps: LOG_SOFTMAX is logsoftmax.
func goName(c string) string { return strings.ToLower(strings.ReplaceAll(c, "_", "")) }

// compare reports what C and Go do not both have, or have with other values.
func compare(t *testing.T, file string, inC, inGo map[string]int64) {
	t.Helper()
	for name, want := range inGo {
		if got, ok := inC[name]; !ok {
			t.Errorf("%s has no %s, which is %d in Go", file, name, want)
		} else if got != want {
			t.Errorf("%s: %s is %d, in Go it is %d", file, name, got, want)
		}
	}
	for name, value := range inC {
		if _, ok := inGo[name]; !ok {
			t.Errorf("%s has %s = %d, which Go has not", file, name, value)
		}
	}
}

// byGoName are the codes of a list by the names that Go has for them.
func byGoName(list int) map[string]int64 {
	all := map[string]int64{}
	for name, value := range cNames(list) {
		all[goName(name)] = value
	}
	return all
}

func TestOpsEqualC(t *testing.T) {
	want := map[string]int64{"end": int64(len(kernels.Ops())) + 1}
	for _, o := range kernels.Ops() {
		want[o.String()] = int64(o)
	}
	compare(t, "kernels/cpu/ops.h (GMEL_OPS)", byGoName(cOps), want)
}

func TestFunctionsEqualC(t *testing.T) {
	fns := map[string]int64{"end": int64(kernels.FnGELU) + 1}
	for f := range kernels.FnGELU + 1 {
		fns[f.String()] = int64(f)
	}
	compare(t, "kernels/cpu/ops.h (GMEL_FNS)", byGoName(cFns), fns)
	bins := map[string]int64{"end": int64(kernels.BinMax) + 1}
	for b := range kernels.BinMax + 1 {
		bins[b.String()] = int64(b)
	}
	compare(t, "kernels/cpu/ops.h (GMEL_BINS)", byGoName(cBins), bins)
}

// goNumbers are the numbers of program.h.
var goNumbers = map[string]int64{
	"MAX_ARGS": kernels.MaxArgs, "MAX_DIMS": kernels.MaxDims, "MAX_SCALARS": kernels.MaxScalars, "ABSENT": kernels.Absent,
	"FLAG_ACCUMULATE": int64(kernels.FlagAccumulate), "FLAG_TRANS_A": int64(kernels.FlagTransA),
	"FLAG_TRANS_B": int64(kernels.FlagTransB), "FLAG_FN_GRAD": int64(kernels.FlagFnGrad), "FLAG_SELF": int64(kernels.FlagSelf),
	"FLAG_WINOGRAD": int64(kernels.FlagWinograd), "BLOCK_K": kernels.BlockK, "WINOGRAD_BLOCK": kernels.WinogradBlock, "LANES": kernels.Lanes, "CHUNK": kernels.Chunk, "CHUNK_ROWS": kernels.ChunkRows,
	"COUNTER_BASE": kernels.CounterBase, "LOCAL_BASE": kernels.LocalBase, "MASKED_LOG_PROB": kernels.MaskedLogProb,
	"GEMM_M": kernels.GemmM, "GEMM_N": kernels.GemmN, "GEMM_K": kernels.GemmK,
	"GEMM_LDA": kernels.GemmLDA, "GEMM_LDB": kernels.GemmLDB, "GEMM_LDC": kernels.GemmLDC, "GEMM_GROUPS": kernels.GemmGroups,
	"GEMM_STRIDE_A": kernels.GemmStrideA, "GEMM_STRIDE_B": kernels.GemmStrideB, "GEMM_STRIDE_C": kernels.GemmStrideC,
	"GEMM_STRIDE_BIAS": kernels.GemmStrideBias,
	"CONV_B":           kernels.ConvB, "CONV_Y": kernels.ConvY, "CONV_X": kernels.ConvX, "CONV_C": kernels.ConvC,
	"CONV_KY": kernels.ConvKY, "CONV_KX": kernels.ConvKX, "CONV_F": kernels.ConvF, "CONV_STRIDE_Y": kernels.ConvStrideY,
	"CONV_STRIDE_X": kernels.ConvStrideX, "CONV_PAD_Y": kernels.ConvPadY, "CONV_PAD_X": kernels.ConvPadX, "CONV_END": kernels.ConvEnd,
	"STEP_ENVIRONMENT": kernels.StepEnvironment, "STEP_WORLDS": kernels.StepWorlds, "STEP_AGENTS": kernels.StepAgents,
	"STEP_OBS": kernels.StepObs, "STEP_ACTIONS": kernels.StepActions, "STEP_PRIVILEGED": kernels.StepPrivileged,
	"LOOP_BODY": kernels.LoopBody, "LOOP_ITERATIONS": kernels.LoopIterations, "LOOP_SEGMENTS": kernels.LoopSegments,
	"GOES_ON": kernels.GoesOn, "TERMINATED": kernels.Terminated, "TRUNCATED": kernels.Truncated,
}

func TestNumbersEqualC(t *testing.T) {
	compare(t, "kernels/cpu/program.h", cNames(cNumbers), goNumbers)
}

// TestSlotEqualsC: the arguments of OpStep are the tensors of slot.h, in its order; kernels compares them with the fields of Slot.
func TestSlotEqualsC(t *testing.T) {
	spec, _ := kernels.SpecOf(kernels.OpStep)
	var want []string
	for _, a := range spec.Args {
		want = append(want, a.Name)
	}
	if got := cSlot(); !slices.Equal(got, want) {
		t.Errorf("tensors of a slot in C %v, in Go %v", got, want)
	}
}
