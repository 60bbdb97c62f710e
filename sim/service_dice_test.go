package sim

import "slices"

// services replaces the invented numbers of all models by tables of random numbers.
func (d dice) services(s *Scenario) {
	s.Compute.Batch.FixedShare = 0
	rated := true
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		v := Service{
			Device: "dice", LoadS: pick(d, 0, d.scale(0.01, 10)), ResultBits: int64(pick(d, 0, d.scale(1, 1e8))),
			Steps: d.ascending(d.count(1, 12), 100), Batches: slices.Insert(d.ascending(d.count(1, 6), 300), 0, 1),
		}
		if v.Batches[0] == 1 && v.Batches[1] == 1 {
			v.Batches = v.Batches[1:]
		}
		v.Batches[len(v.Batches)-1] = max(v.Batches[len(v.Batches)-1], s.Compute.Batch.Max)
		for range v.Batches {
			row := make([]float64, len(v.Steps))
			for j := range row {
				row[j] = d.scale(0.01, 10)
			}
			slices.Sort(row)
			v.Seconds = append(v.Seconds, row)
		}
		levels := d.count(1, min(maxLevels, len(v.Steps)))
		if rate := levels > 1 || d.flag(); rate {
			v.Quality.Floor = d.scale(0.1, 10)
			for range v.Steps {
				v.Quality.Frechet = append(v.Quality.Frechet, d.scale(0.1, 100))
			}
		}
		rated = rated && v.Quality.Frechet != nil
		*m = Model{Name: m.Name, Share: m.Share, DataMbit: m.DataMbit, DeadlineS: m.DeadlineS, Service: v}
		m.Levels = slices.Sorted(slices.Values(v.Steps[:levels]))
		if best := m.best(); best > 0 && d.flag() {
			a, b := pick(d, 0, d.between(0, best)), pick(d, best, d.between(0, best))
			m.LeastQuality = Range{min(a, b), max(a, b)}
		}
	}
	if rated {
		s.Reward.QualityWeight = pick(d, 0, d.scale(0.01, 10))
	}
}

// ascending draws n different whole numbers from 1 to most.
func (d dice) ascending(n, most int) []int {
	var list []int
	for len(list) < n {
		if x := 1 + d.IntN(most); !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	slices.Sort(list)
	return list
}
