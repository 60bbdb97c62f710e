package dataset

import (
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/internal/table"
)

// Defaults of alibaba.
const (
	alibabaSlotS     = 10.0
	alibabaDeadlineS = 120.0
	alibabaLoadS     = 23.0
	alibabaImageMbit = 4.0
	leastExecS       = 0.5 // execution times are rounded to seconds
)

// alibabaColumns are those that are read; the table also has negative_prompt_length, num_inference_steps and num_lora.
var alibabaColumns = []string{"gmt_create", "predict_type", "predict_status", "exec_time_seconds", "groupid",
	"prompt_length", "num_images_per_prompt", "checkpoint_model_version_id"}

// alibaba reads lora_request_trace.csv of cluster-trace-v2026-GenAI (GenTD26): Y. Lin et al., "Understanding diffusion
// model serving in production", SoCC 2025. A row is a request to a service of diffusion models. Requests
// that did not succeed have no execution time of a whole task, and are dropped.
func (im *importer) alibaba(files []string) error {
	l, users, models := &log{}, index{}, index{}
	rows, failed, rounded := 0, map[string]int{}, 0
	image := or(im.o.ImageMbit, alibabaImageMbit)
	err := readTable(files[0], alibabaColumns, func(t *table.Reader) {
		rows++
		if status := t.Text("predict_status"); status != "SUCCEED" {
			failed[status]++
			return
		}
		if t.Text("checkpoint_model_version_id") == "" {
			t.Refuse("checkpoint_model_version_id", "the name of a model")
		}
		exec := t.Number("exec_time_seconds", 0, 1e4)
		if exec < leastExecS {
			exec = leastExecS
			rounded++
		}
		l.requests = append(l.requests, request{
			at: when(t, "gmt_create"), user: users.of(t.Text("groupid")), model: models.of(t.Text("checkpoint_model_version_id")),
			data: prompt(t, image), result: t.Number("num_images_per_prompt", 1, 1e3) * image,
			gcycles: exec * referenceSpeed, deadline: or(im.o.DeadlineS, alibabaDeadlineS),
		})
	})
	im.r.read(files[0], "request", rows)
	for _, status := range sortedKeys(failed) {
		im.r.drop(files[0], failed[status], status)
	}
	if err == nil && len(l.requests) == 0 {
		err = &setting.Error{Origin: setting.Origin{File: files[0]}, Problem: "no request has the predict_status SUCCEED"}
	}
	if err != nil {
		return err
	}
	l.models = models.names
	im.r.note("%d users, %d models", len(users.names), len(models.names))
	if rounded > 0 {
		im.r.note("execution times are rounded to seconds: %d of 0 s count as %g s", rounded, leastExecS)
	}
	if err := im.writeTrace(l, alibabaSlotS, alibabaLoadS, "the median of basemodel_update_latency_anon.csv of the data set, in seconds"); err != nil {
		return err
	}
	im.writeAlibabaTasks(image)
	return nil
}

// prompt returns the Mbit that a request sends: a byte for each character, and the image that it begins with.
func prompt(t *table.Reader, image float64) float64 {
	mbit := t.Number("prompt_length", 0, 1e6) * 8 / 1e6
	if t.Text("predict_type") != "TXT_2_IMG" {
		mbit += image
	}
	return mbit
}

// writeAlibabaTasks says how the numbers of a task follow from the data.
func (im *importer) writeAlibabaTasks(image float64) {
	deadline, why := alibabaDeadlineS, "99 % of the execution times are shorter"
	if im.o.DeadlineS > 0 {
		deadline, why = im.o.DeadlineS, "chosen"
	}
	im.r.Known = append(im.r.Known, Fact{Key: "arrivals.csv gcycles", Value: fmt.Sprintf("%d a second", referenceSpeed), Why: "exec_time_seconds, which may include the loading of a model"})
	im.r.Assumed = append(im.r.Assumed,
		Fact{"arrivals.csv deadline_s", number(deadline), why, "deadline"},
		Fact{"arrivals.csv data_mbit", number(image) + " an image", "a request sends a byte for each character of the prompt, and the image if it changes one; it receives its images", "image"})
}

// index numbers names in the order of their appearance.
type index struct {
	number map[string]int
	names  []string
}

func (x *index) of(name string) int {
	if x.number == nil {
		x.number = map[string]int{}
	}
	n, ok := x.number[name]
	if !ok {
		n = len(x.names)
		x.number[name] = n
		x.names = append(x.names, name)
	}
	return n
}

func sortedKeys(m map[string]int) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
