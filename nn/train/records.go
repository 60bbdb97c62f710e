package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train/record"
)

// records are the files that grow during a run. metrics has only numbers that are equal for every run with
// the same seed; numbers that depend on the clock are in timing.
type records struct {
	lines, timing *record.JSONL
	events        *record.Events
	begin         time.Time
	beginUpdate   int
}

// openRecords opens the files and drops all records after an update; -1 drops all.
func openRecords(f Folder, update int) (_ *records, err error) {
	r := &records{begin: time.Now(), beginUpdate: max(0, update)}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.lines, err = record.OpenJSONL(f.Metrics(), update); err != nil {
		return nil, err
	}
	if r.timing, err = record.OpenJSONL(f.Timing(), update); err != nil {
		return nil, err
	}
	if r.events, err = record.OpenEvents(f.events(), update); err != nil {
		return nil, err
	}
	if err := disk.SyncFolder(string(f)); err != nil {
		return nil, err
	}
	return r, nil
}

// time writes the elapsed time and the gauges of the device.
func (r *records) time(update int, gauges []record.Scalar) error {
	seconds := time.Since(r.begin).Seconds()
	speed := []record.Scalar{
		{Name: "seconds", Value: seconds}, // of this process
		{Name: "updates_per_s", Value: float64(update-r.beginUpdate) / seconds},
	}
	speed = append(speed, gauges...)
	if err := r.timing.Write(update, "timing", speed); err != nil {
		return err
	}
	return r.events.Write(update, "timing", speed)
}

func (r *records) write(update int, x Record) error {
	if err := r.lines.Write(update, x.Kind, x.Scalars); err != nil {
		return err
	}
	return r.events.Write(update, x.Kind, x.Scalars)
}

// show adds pictures to the events, those of files with a tag.
func (r *records) show(update int, files []File) error {
	for _, f := range files {
		if f.Tag == "" {
			continue
		}
		if err := r.events.Image(update, f.Tag, f.Data); err != nil {
			return err
		}
	}
	return nil
}

func (r *records) sync() error {
	return errors.Join(r.lines.Sync(), r.timing.Sync(), r.events.Sync())
}

// close closes the open files: all, or only the first ones if opening a later one failed.
func (r *records) close() error {
	var errs []error
	if r.lines != nil {
		errs = append(errs, r.lines.Close())
	}
	if r.timing != nil {
		errs = append(errs, r.timing.Close())
	}
	if r.events != nil {
		errs = append(errs, r.events.Close())
	}
	return errors.Join(errs...)
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return disk.Write(path, append(data, '\n'))
}
