package dataset

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim/dataset/sample"
)

func parsed(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// arrival is a row of arrivals.csv.
type arrival struct {
	slot, ied               int
	model                   string
	data, gcycles, deadline float64
}

func rows(t *testing.T, im *Imported) (all []arrival) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(im.Arrivals)), "\n")
	if lines[0] != "slot,ied,model,data_mbit,gcycles,deadline_s" {
		t.Fatalf("header %q", lines[0])
	}
	for _, line := range lines[1:] {
		v := strings.Split(line, ",")
		all = append(all, arrival{int(parsed(t, v[0])), int(parsed(t, v[1])), v[2], parsed(t, v[3]), parsed(t, v[4]), parsed(t, v[5])})
	}
	return all
}

const alibabaHeader = "gmt_create,predict_type,predict_status,exec_time_seconds,groupId,prompt_length,negative_prompt_length,num_images_per_prompt,num_inference_steps,checkpoint_model_version_id,num_lora\n"

// TestAlibaba: rows that can be computed by hand, in disorder.
func TestAlibaba(t *testing.T) {
	im := imported(t, "alibaba", Options{IEDs: 2}, "r.csv", alibabaHeader+
		"2024-11-15 16:58:40,IMG_2_IMG,SUCCEED,40.0,G0007,500.0,26.0,4.0,30.0,M0001,0\n"+
		"2024-11-15 16:57:50,TXT_2_IMG,SUCCEED,32.0,G0000,1000.0,26.0,1.0,30.0,M0000,0\n"+
		"2024-11-15 16:57:59,TXT_2_IMG,SUCCEED,0.0,G0000,12.0,,1.0,30.0,M0001,2\n"+
		"2024-11-15 16:58:00,TXT_2_IMG,SUCCEED,20.0,G0009,12.0,,2.0,30.0,M0001,0\n"+
		"2024-11-15 16:59:00,TXT_2_IMG,FAILED,3.0,G0000,12.0,,1.0,30.0,M0002,0\n"+
		"2024-11-15 16:59:09,TXT_2_IMG,PENDING,0.0,G0000,,,,,,0\n")
	want := []arrival{
		{0, 1, "M0000", 0.008, 320, 120}, // users in the order of the file: G0007 is 0, G0000 is 1, G0009 is 2
		{0, 1, "M0001", 0.001, 5, 120},
		{1, 0, "M0001", 0.001, 200, 120},
		{5, 0, "M0001", 4.004, 400, 120},
	}
	if got := rows(t, im); !slices.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	s := scenario(t, im)
	if m := s.Tasks.Models[0]; m.Name != "M0001" || m.Share != 0.75 || m.Gcycles != [2]float64{5, 400} || math.Abs(m.ResultMbit-4*7/3.) > 1e-4 {
		t.Errorf("%+v", m)
	}
	if s.Time.Slots != 6 || s.Time.SlotS != 10 || s.Tasks.Arrivals.Queue != leastQueue {
		t.Errorf("%+v, queue %d", s.Time, s.Tasks.Arrivals.Queue)
	}
	said(t, &im.Report, "6 requests read, 4 kept, 1 dropped (FAILED), 1 dropped (PENDING)")
	said(t, &im.Report, "3 users, 2 models")
	said(t, &im.Report, "1 of 0 s count as 0.5 s")
	said(t, &im.Report, "arrivals.csv deadline_s", "120", "--deadline")
}

// TestAlibabaSample: the laws of every trace, on a sample: sorted from slot 0, a user is one IED, models are merged by
// frequency, shares add up to 1, numbers are in the ranges of the models.
func TestAlibabaSample(t *testing.T) {
	im := imported(t, "alibaba", Options{Models: 5, IEDs: 7}, samples(sample.LoRARequests)...)
	s, all := scenario(t, im), rows(t, im)
	if len(s.Tasks.Models) != 6 || s.Tasks.Models[5].Name != "others" {
		t.Fatalf("%d models, the last %q; want 5 and others", len(s.Tasks.Models), s.Tasks.Models[5].Name)
	}
	if !slices.IsSortedFunc(all, func(a, b arrival) int { return a.slot - b.slot }) || all[0].slot != 0 {
		t.Error("the rows are not sorted by slot, or do not begin with slot 0")
	}
	count, total := map[string]int{}, 0.0
	for _, r := range all {
		count[r.model]++
	}
	for k, m := range s.Tasks.Models {
		total += m.Share
		if want := float64(count[m.Name]) / float64(len(all)); math.Abs(m.Share-want) > 1e-9 {
			t.Errorf("%s: share %g, want %g", m.Name, m.Share, want)
		}
		if k > 0 && k < 5 && m.Share > s.Tasks.Models[k-1].Share {
			t.Errorf("%s is more frequent than the model before", m.Name)
		}
		for _, r := range all {
			if r.model == m.Name && (r.data < m.DataMbit[0] || r.data > m.DataMbit[1] || r.gcycles < m.Gcycles[0] || r.gcycles > m.Gcycles[1]) {
				t.Errorf("%+v is not in the ranges of %+v", r, m)
			}
		}
	}
	if math.Abs(total-1) > 1e-9 {
		t.Errorf("the shares add up to %.12f", total)
	}
	said(t, &im.Report, "models are merged as \"others\"", "M0016")
}

// TestUsersKeepTheirIED: the number of a user's requests at its IED is that of the data.
func TestUsersKeepTheirIED(t *testing.T) {
	table := string(sample.RequestsCSV(600))
	im := imported(t, "alibaba", Options{IEDs: 4, Slots: 1 << 20}, "r.csv", table)
	ied, want := map[string]int{}, make([]int, 4)
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		if v := strings.Split(line, ","); v[2] == "SUCCEED" {
			if _, ok := ied[v[4]]; !ok {
				ied[v[4]] = len(ied) % 4
			}
			want[ied[v[4]]]++
		}
	}
	got := make([]int, 4)
	for _, r := range rows(t, im) {
		got[r.ied]++
	}
	if !slices.Equal(got, want) {
		t.Errorf("requests of the IEDs: %v, want %v", got, want)
	}
}

// TestArchive: a data set in an archive is read as its file is.
func TestArchive(t *testing.T) {
	table := sample.RequestsCSV(50)
	want := imported(t, "alibaba", Options{}, "r.csv", string(table))
	got := imported(t, "alibaba", Options{}, "r.tar.gz", string(gzipped(t, tarred(t, "lora_request_trace.csv", table))))
	if string(got.Arrivals) != string(want.Arrivals) {
		t.Error("another trace")
	}
}

// TestAzure: slots, tokens and services that can be computed by hand.
func TestAzure(t *testing.T) {
	header := "TIMESTAMP,ContextTokens,GeneratedTokens\n"
	im := imported(t, "azure", Options{SlotS: 0.5, Faster: 2, Prefill: 1000, Decode: 100, DeadlineS: 9},
		"AzureLLMInferenceTrace_code.csv", header+"2023-11-16 18:17:03.9799600,4000,10\n2023-11-16 18:17:05.9799599,0,0",
		"AzureLLMInferenceTrace_conv.csv", header+"2023-11-16 18:17:06.9799600+00:00,100,200\n")
	var got []string
	for _, r := range rows(t, im) {
		got = append(got, fmt.Sprintf("%d %s %g %g %g", r.slot, r.model, r.data, r.gcycles, r.deadline))
	}
	want := []string{"0 code 0.128 41 9", "1 code 0.001 0.001 9", "3 conv 0.0032 21 9"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if s := scenario(t, im); s.Time.Slots != 4 || s.Tasks.Models[1].Name != "conv" || s.Servers != 5+4 {
		t.Errorf("%+v", s) // 62 Gcycles in 1.5 s are 4.1 busy servers of 10 Gcycles/s
	}
}

// TestAzureDealt: requests without users are dealt evenly, and not in turns.
func TestAzureDealt(t *testing.T) {
	im := imported(t, "azure", Options{IEDs: 5}, samples(sample.AzureCode, sample.AzureConv)...)
	count, turns := make([]int, 5), 0
	all := rows(t, im)
	for i, r := range all {
		count[r.ied]++
		if i > 0 && r.ied == (all[i-1].ied+1)%5 {
			turns++
		}
	}
	for ied, n := range count {
		if math.Abs(float64(n)-160) > 5*math.Sqrt(800*.2*.8) {
			t.Errorf("IED %d has %d of 800 requests", ied, n)
		}
	}
	if turns > 250 {
		t.Errorf("%d of 800 requests are of the next IED, want about 160", turns)
	}
}

// TestAzureWindow: a long trace is played in windows that fit into the part that is held out, a short one whole.
func TestAzureWindow(t *testing.T) {
	all := rows(t, imported(t, "azure", Options{}, samples(sample.AzureCode)...))
	trace := all[len(all)-1].slot + 1
	for _, c := range []struct {
		slots  int
		window string
		want   int
	}{
		{0, "window: {start: random, held_out: 0.2}", int(math.Round(0.2 * float64(trace)))},
		{20, "window: {start: random, held_out: 0.2}", 20},
		{trace - 1, "window: {start: random}", trace - 1},
		{trace, "", trace},
		{5000, "", trace},
	} {
		im := imported(t, "azure", Options{Slots: c.slots}, samples(sample.AzureCode)...)
		has := strings.Contains(string(im.Scenario), "window:")
		if s := scenario(t, im); s.Time.Slots != c.want || has != (c.window != "") || !strings.Contains(string(im.Scenario), c.window) {
			t.Errorf("--slots %d of %d: episodes of %d, want %d and %q in\n%s", c.slots, trace, s.Time.Slots, c.want, c.window, im.Scenario)
		}
	}
}

// TestLongestQueue: the closed form is what a queue does that is played slot by slot.
func TestLongestQueue(t *testing.T) {
	im := imported(t, "azure", Options{IEDs: 2}, samples(sample.AzureConv)...)
	all := rows(t, im)
	waiting, longest, next := [2]int{}, 0, 0
	for slot := 0; slot <= all[len(all)-1].slot; slot++ {
		for ; next < len(all) && all[next].slot == slot; next++ {
			waiting[all[next].ied]++
		}
		for ied := range waiting {
			if waiting[ied] > 0 {
				waiting[ied]-- // it becomes the current task
			}
			longest = max(longest, waiting[ied])
		}
	}
	said(t, &im.Report, "tasks.arrivals.queue", fmt.Sprintf("longest queue: %d,", longest))
}

// TestTraceFaults: what is wrong is named with file, line and column.
func TestTraceFaults(t *testing.T) {
	ok := "2024-11-15 16:58:40,IMG_2_IMG,SUCCEED,40.0,G0007,500.0,26.0,4.0,30.0,M0001,0\n"
	for _, c := range []struct {
		format, text string
		want         []string
	}{
		{"alibaba", alibabaHeader, []string{"no request has the predict_status SUCCEED"}},
		{"alibaba", alibabaHeader + ok + strings.Replace(ok, "2024-11-15 16:58:40", "11/15/2024 16:58", 1), []string{":3: gmt_create: \"11/15/2024 16:58\" is not allowed; allowed: a date and a time with seconds"}},
		{"alibaba", alibabaHeader + strings.Replace(ok, "40.0", "", 1), []string{":2: exec_time_seconds: \"\""}},
		{"alibaba", alibabaHeader + strings.Replace(ok, "M0001", "", 1), []string{":2: checkpoint_model_version_id: \"\" is not allowed; allowed: the name of a model"}},
		{"alibaba", "a,b\n1,2\n", []string{"checkpoint_model_version_id"}},
		{"azure", "TIMESTAMP,ContextTokens,GeneratedTokens\n", []string{"there are no requests"}},
		{"azure", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,-4,10\n", []string{":2: contexttokens: \"-4\""}},
	} {
		_, err := importText(t, c.format, Options{}, "x.csv", c.text)
		refused(t, err, append(c.want, "x.csv")...)
	}
	_, err := Import("alibaba", []string{"a", "b"}, Options{})
	refused(t, err, "2 files for alibaba")
	_, err = importText(t, "azure", Options{Models: 256, SlotS: -1, DeadlineS: math.NaN()}, samples(sample.AzureCode)...)
	refused(t, err, "--models: 256 is not allowed; allowed: a whole number from 1 to 255", "--slot: -1", "--deadline: NaN")
	_, err = importText(t, "azure", Options{Faster: 1e-6, SlotS: 1e-3}, samples(sample.AzureCode)...)
	refused(t, err, "the trace would have", "slots; allowed: at most 67108864; choose a longer --slot or a larger --faster")
	file := put(t, "x.csv", sample.TokensCSV(3, 1, 1))
	_, err = Import("azure", []string{file, file}, Options{})
	refused(t, err, "is given twice")
}
