package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/internal/table"
)

// Defaults of azure.
const (
	azureSlotS     = 1.0
	azureDeadlineS = 30.0
	azureLoadS     = 5.0
	azurePrefill   = 8000.0
	azureDecode    = 40.0
	tokenMbit      = 32e-6 // four bytes of text for each token
	mostPhaseS     = 5e3   // of reading and of generating; a task has at most 1e5 Gcycles
)

// azure reads the traces of requests to services of language models in Azure: P. Patel et al., "Splitwise: Efficient
// generative LLM inference using phase splitting", ISCA 2024; the traces of 2024 and 2025 have the same columns.
// A table is a service, and becomes a model.
func (im *importer) azure(files []string) error {
	l := &log{}
	prefill, decode := or(im.o.Prefill, azurePrefill), or(im.o.Decode, azureDecode)
	for _, file := range files {
		before := len(l.requests)
		err := readTable(file, []string{"timestamp", "contexttokens", "generatedtokens"}, func(t *table.Reader) {
			context, generated := t.Number("contexttokens", 0, mostPhaseS*prefill), t.Number("generatedtokens", 0, mostPhaseS*decode)
			l.requests = append(l.requests, request{
				at: when(t, "timestamp"), user: -1, model: len(l.models),
				data: context * tokenMbit, result: generated * tokenMbit,
				gcycles:  referenceSpeed * (context/prefill + generated/decode),
				deadline: or(im.o.DeadlineS, azureDeadlineS),
			})
		})
		rows := len(l.requests) - before
		im.r.read(file, "request", rows)
		if err == nil && rows == 0 {
			err = &setting.Error{Origin: setting.Origin{File: file}, Problem: "there are no requests"}
		}
		if err != nil {
			return err
		}
		l.models = append(l.models, l.serviceOf(file))
	}
	if err := im.writeTrace(l, azureSlotS, azureLoadS, "our choice, seconds"); err != nil {
		return err
	}
	im.writeAzureTasks()
	return nil
}

// serviceOf returns the name of the service: what is special in the name of its file, such as code of
// AzureLLMInferenceTrace_code.csv.
func (l *log) serviceOf(file string) string {
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	name = strings.TrimPrefix(name, "AzureLLMInferenceTrace_")
	name = strings.TrimPrefix(name, "AzureLMMInferenceTrace_")
	unique := name
	for n := 2; slices.Contains(l.models, unique); n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	return unique
}

// writeAzureTasks says how the numbers of a task follow from the data.
func (im *importer) writeAzureTasks() {
	o := &im.o
	chosen := func(v, otherwise float64, why string) (string, string) {
		if v > 0 {
			return number(v), "chosen"
		}
		return number(otherwise), why
	}
	im.r.Known = append(im.r.Known, Fact{Key: "arrivals.csv data_mbit", Value: "ContextTokens", Why: "four bytes of text for each; the result likewise, from GeneratedTokens"})
	for _, f := range []struct {
		key, option, why string
		v, otherwise     float64
	}{
		{"arrivals.csv deadline_s", "deadline", "our choice", o.DeadlineS, azureDeadlineS},
		{"context tokens a second", "prefill", "our choice; a server reads them one request at a time", o.Prefill, azurePrefill},
		{"generated tokens a second", "decode", "our choice; one request at a time", o.Decode, azureDecode},
	} {
		value, why := chosen(f.v, f.otherwise, f.why)
		im.r.Assumed = append(im.r.Assumed, Fact{f.key, value, why, f.option})
	}
}
