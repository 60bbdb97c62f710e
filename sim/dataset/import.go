package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/sim"
)

// Names of the files of an import.
const (
	ScenarioFile = "scenario.yaml"
	ArrivalsFile = "arrivals.csv"
	IEDsFile     = "ieds.csv"
)

// Imported is what an import makes.
type Imported struct {
	Scenario []byte // YAML
	Arrivals []byte // CSV, the trace; nil: the scenario has none
	IEDs     []byte // CSV, positions; nil: the scenario has none
	Report   Report
}

// format reads files of one data set.
type format struct {
	name  string
	files string // what the files are, for errors
	most  int    // number of files
	read  func(*importer, []string) error
}

var formats = []format{
	{"eua", "a table of sites (SITE_ID, LATITUDE, LONGITUDE) and one of users (Latitude, Longitude)", 2, (*importer).eua},
	{"telecom", "a table of base stations (latitude, longitude) or of sessions (also user id)", 1, (*importer).telecom},
	{"alibaba", "lora_request_trace.csv of cluster-trace-v2026-GenAI", 1, (*importer).alibaba},
	{"azure", "tables of requests (TIMESTAMP, ContextTokens, GeneratedTokens), one for each service", 16, (*importer).azure},
	{"edgecloudsim", "edge_devices.xml, applications.xml and default_config.properties", 3, (*importer).edgeCloudSim},
}

// Formats returns the names of the formats.
func Formats() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// importer collects what an import makes.
type importer struct {
	o         Options
	r         Report
	d         *document
	positions []sim.Point // of IEDs
	tasks     []traced
	models    []string // names of the models of tasks
}

// Import reads files of a format. An error of the input is a [setting.Error] or several, joined; an error of
// the system, such as a file that does not exist, wraps the error of package os.
func Import(name string, files []string, o Options) (*Imported, error) {
	at := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if at < 0 {
		return nil, fmt.Errorf("dataset: no format %q; there are %s", name, strings.Join(Formats(), ", "))
	}
	f := &formats[at]
	if len(files) == 0 || len(files) > f.most {
		return nil, fmt.Errorf("dataset: %d files for %s; wanted: %s", len(files), name, f.files)
	}
	if err := errors.Join(o.check(), readable(files)); err != nil {
		return nil, err
	}
	im := &importer{o: o}
	im.d = newDocument(name, &im.r)
	if err := f.read(im, files); err != nil {
		return nil, err
	}
	return im.finish(), nil
}

// readable checks that the files are there and that none is given twice.
func readable(files []string) (err error) {
	for i, file := range files {
		info, e := os.Stat(file)
		switch {
		case e != nil:
			err = errors.Join(err, fmt.Errorf("dataset: %w", e))
		case info.IsDir():
			err = errors.Join(err, fmt.Errorf("dataset: %s is a folder; name the files in it", file))
		case slices.Contains(files[:i], file):
			err = errors.Join(err, fmt.Errorf("dataset: %s is given twice", file))
		}
	}
	return err
}

// finish writes the texts.
func (im *importer) finish() *Imported {
	out := &Imported{Scenario: im.d.yaml(), Arrivals: im.arrivals(), Report: im.r}
	if im.positions != nil {
		out.IEDs = positionsCSV(im.positions)
	}
	return out
}

// positionsCSV returns the table of positions of IEDs.
func positionsCSV(points []sim.Point) []byte {
	var b bytes.Buffer
	b.WriteString("x_m,y_m\n")
	for _, p := range points {
		fmt.Fprintf(&b, "%.1f,%.1f\n", p[0], p[1])
	}
	return b.Bytes()
}
