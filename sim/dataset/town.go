package dataset

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/internal/table"
	"github.com/gmel-go/gmel/sim"
)

// readPlaces reads a table with the columns latitude and longitude. extra is called for every row after its
// place has been added.
func (im *importer) readPlaces(file, what string, columns []string, extra func(*table.Reader, *place)) (*places, error) {
	s := &places{file: file, what: what, mark: "line"}
	rows, empty := 0, 0
	err := readTable(file, append([]string{"latitude", "longitude"}, columns...), func(t *table.Reader) {
		rows++
		if t.Text("latitude") == "" || t.Text("longitude") == "" {
			empty++
			return
		}
		p := place{line: t.Line(), lat: t.Number("latitude", -90, 90), lon: t.Number("longitude", -180, 180)}
		if extra != nil {
			extra(t, &p)
		}
		s.all = append(s.all, p)
	})
	if err == nil && len(s.all) == 0 {
		err = &setting.Error{Origin: setting.Origin{File: file}, Problem: "there is no " + what + " with a latitude and a longitude"}
	}
	im.r.read(file, what, rows)
	im.r.drop(file, empty, "no place")
	return s, err
}

// keepNearest keeps as many servers as the option says, those of the least distances from the middle.
func (im *importer) keepNearest(sites *places, distances []float64) error {
	n := im.o.Servers
	switch {
	case n == 0:
		return nil
	case n > len(sites.all):
		return &setting.Error{Origin: setting.Origin{Flag: fmt.Sprintf("--servers %d", n)},
			Problem: fmt.Sprintf("the data has %d %s", len(sites.all), plural(len(sites.all), sites.what))}
	}
	im.r.drop(sites.file, len(sites.all)-n, "not among the --servers in the middle")
	sites.all = sites.nearest(n, distances)
	return nil
}

// outdoors are the assumptions about a kind of base station.
type outdoors struct {
	clutter, clutterWhy string
	powerDBm            float64
	powerWhy            string
}

// writeTown writes the scenario of servers at places of a map.
func (im *importer) writeTown(g *ground, sites *places, ieds func(), at outdoors) {
	d := im.d
	ieds()
	d.data("servers", len(sites.all), "one for each "+sites.what)
	im.writeClock(1, 100)
	im.writeHall(g, sites)
	d.assume("hall.clutter", at.clutter, at.clutterWhy, "")
	if im.positions != nil {
		d.data("hall.ied_positions_file", IEDsFile, fmt.Sprintf("%d places; if that is not the number of IEDs, each draws one in each episode", len(im.positions)))
	}
	d.assume("radio.ied_power_dbm", 23.0, "power class 3 of user equipment, TS 38.101-1", "")
	d.assume("radio.server_power_dbm", at.powerDBm, at.powerWhy, "")
	d.assume("radio.rician_k_db", 9.0, "the mean in line of sight, TR 38.901 table 7.5-6, "+at.clutter, "")
	im.writePresetTasks()
	im.writeSpeeds()
}

// writeHall writes the hall with the places of its servers.
func (im *importer) writeHall(g *ground, sites *places) {
	box := "the box around all places with a margin of 2 %"
	im.d.data("hall.width_m", g.width, "west to east: "+box)
	im.d.data("hall.depth_m", g.depth, "south to north: "+box)
	items := make([]string, len(sites.all))
	for i, p := range sites.all {
		at := g.point(p)
		items[i] = fmt.Sprintf("[%.1f, %.1f]  # %s %d", at[0], at[1], sites.mark, p.line)
	}
	im.d.list("hall.server_positions_m", fmt.Sprintf("%d places", len(items)),
		"[x, y], metres to the east and to the north, of the places in "+filepath.Base(sites.file), items)
	im.writeCoverage(sites.all)
	if g.projection != nil {
		im.r.note("places are projected around %.6f, %.6f (local equirectangular, WGS84); distances to there are true to %.2g m at the corners of the map",
			g.projection.lat, g.projection.lon, max(g.wrong(), 0.01))
	}
}

// writeCoverage writes the radius of the option, or those of the table.
func (im *importer) writeCoverage(all []place) {
	if r := im.o.CoverageM; r > 0 {
		im.d.assume("hall.coverage_m", []float64{r}, "chosen", "coverage")
		return
	}
	radii := make([]float64, len(all))
	for i, p := range all {
		if radii[i] = p.radius; p.radius == 0 {
			im.d.report.Assumed = append(im.d.report.Assumed, Fact{"hall.coverage_m", "no limit", "every server serves every IED", "coverage"})
			return
		}
	}
	im.d.data("hall.coverage_m", once(radii), "the column radius, one for each server")
}

// once returns the values, or one of them if they are equal: a scenario repeats its lists.
func once[T comparable](values []T) []T {
	if slices.ContainsFunc(values, func(v T) bool { return v != values[0] }) {
		return values
	}
	return values[:1]
}

// writeClock writes the slots, with the defaults of the format.
func (im *importer) writeClock(slotS float64, slots int) {
	im.d.choose("time.slot_s", im.o.SlotS, slotS, "seconds", "slot")
	im.d.choose("time.slots", im.o.Slots, slots, "slots per episode", "slots")
}

// preset is where assumptions about tasks and computers come from.
const preset = "paper"

func mustPreset() *sim.Scenario {
	s, err := sim.Preset(preset)
	if err != nil {
		panic("dataset: " + err.Error()) // it is part of the program
	}
	return s
}

// writePresetTasks writes the tasks of the preset.
func (im *importer) writePresetTasks() {
	s := mustPreset()
	im.d.assume("tasks.probability", s.Tasks.Probability, "of a task, per IED and slot, as in the preset "+preset, "")
	deadlines, why := s.Tasks.Models[0].DeadlineS, "as in the preset "+preset
	for k := range s.Tasks.Models {
		r := &s.Tasks.Models[k].DeadlineS
		if t := im.o.DeadlineS; t > 0 {
			*r, deadlines, why = sim.Range{t, t}, sim.Range{t, t}, "chosen"
		}
		deadlines = sim.Range{min(deadlines[0], r[0]), max(deadlines[1], r[1])}
	}
	im.d.report.Assumed = append(im.d.report.Assumed,
		Fact{"tasks.models", fmt.Sprintf("%d models", len(s.Tasks.Models)), "diffusion services as in the preset " + preset, ""},
		Fact{"tasks.models[].deadline_s", fmt.Sprintf("%g to %g", deadlines[0], deadlines[1]), why, "deadline"})
	im.d.items("tasks.models", "assumed: as in the preset "+preset+"; deadlines: --deadline", modelItems(s.Tasks.Models))
}

// writeSpeeds writes the speeds of the servers and of the IEDs.
func (im *importer) writeSpeeds() {
	s := mustPreset()
	speeds, why := s.Compute.ServerGcyclesPerS, "in turns, as in the preset "+preset
	if im.o.Speed > 0 {
		speeds, why = []float64{im.o.Speed}, "chosen"
	}
	im.d.assume("compute.server_gcycles_per_s", speeds, why, "speed")
	im.writeIEDSpeeds()
}

// writeIEDSpeeds writes the speeds of the IEDs.
func (im *importer) writeIEDSpeeds() {
	f := mustPreset().Compute.IEDGcyclesPerS
	im.d.assume("compute.ied_gcycles_per_s", f[:], "as in the preset "+preset, "")
}

// modelItems writes models, one on each line.
func modelItems(models []sim.Model) []string {
	items := make([]string, len(models))
	for i := range models {
		m := &models[i]
		items[i] = fmt.Sprintf("{name: %q, share: %.12g, data_mbit: %s, gcycles: %s, gcycles_per_step: %.12g, result_mbit: %s, deadline_s: %s, load_s: %s}",
			m.Name, m.Share, show(m.DataMbit[:]), show(m.Gcycles[:]), m.GcyclesPerStep, number(m.ResultMbit), show(m.DeadlineS[:]), number(m.LoadS))
	}
	return items
}
