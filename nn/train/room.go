package train

import (
	"fmt"
	"os"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

const (
	checkpointsKept = 3         // while one is written: it, the latest and the previous one
	recordBytes     = 2000      // of one report or evaluation in all records, about; they grow slowly
	smallFiles      = 1_000_000 // configuration, versions, curve and results, about
)

// room compares what the run will write to the folder, or below it where that is yet to be made, with what is free.
// A run that has no room for one checkpoint is refused. One that will run short later gets a warning: until then
// there is time to make room, and a checkpoint that does not fit leaves those before it. from is what the run goes on
// from; nil: the beginning.
func (r *runner) room(folder string, from *Saved) error {
	free, known := disk.Free(folder)
	size := r.job.CheckpointSize()
	if !known || size.Bytes == 0 {
		return nil
	}
	least := total(size.Bytes, r.beginning())
	if least > free {
		cure := "make room"
		if r.folder == "" { // a new run
			cure = "make room, choose another --out or lower " + size.Setting
		}
		return fmt.Errorf("the run needs %s of the disk of %s and %s are free; a checkpoint takes %s of it: %s",
			disk.Bytes(least), folder, disk.Bytes(free), disk.Bytes(size.Bytes), cure)
	}
	s, latest := r.run.Schedule, Folder(folder).checkpoint()
	there := sizeOf(latest) + sizeOf(latest+checkpoint.PrevSuffix)
	copies := min(checkpointsKept, s.times(s.CheckpointEvery))
	most := total(max(size.Bytes, Times(size.Bytes, copies)-there), r.beginning(),
		Times(recordBytes, s.times(s.LogEvery)), Times(recordBytes, s.times(s.EvaluateEvery)),
		Times(r.job.SnapshotSize(), s.times(s.SnapshotEvery)-s.passed(s.SnapshotEvery, from)))
	if most > free {
		r.options.Say("WARNING: the run will need %s of the disk of %s and %s are free; a checkpoint takes %s, and there are %d while one is written: make room in time",
			disk.Bytes(most), folder, disk.Bytes(free), disk.Bytes(size.Bytes), copies)
	}
	return nil
}

// beginning is what the run writes before its first checkpoint, about.
func (r *runner) beginning() int64 {
	bytes := int64(smallFiles)
	for _, in := range r.run.Inputs {
		bytes = total(bytes, sizeOf(in.From))
	}
	return bytes
}

// total is a sum of bytes; more than any disk has is math.MaxInt64.
func total(bytes ...int64) int64 {
	var m Memory
	for _, b := range bytes {
		m.Parts = append(m.Parts, MemoryPart{Bytes: b})
	}
	return m.Bytes()
}

// times is how often something happens in a run that is not interrupted; every 0: at the end.
func (s Schedule) times(every int) int {
	if every < 1 || s.Updates < 1 {
		return 1
	}
	return (s.Updates-1)/max(every, s.PerStep) + 1
}

// passed is how often something has happened before a checkpoint.
func (s Schedule) passed(every int, from *Saved) int {
	if every < 1 || from == nil {
		return 0
	}
	update, err := from.update()
	if err != nil {
		return 0 // restoring will fail
	}
	return update / max(every, s.PerStep)
}

// sizeOf is the size of a file, 0 if there is none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
