package dataset

import (
	"fmt"
	"math"
)

// referenceSpeed is the speed of the machine on which the data was recorded, in the Gcycles/s of the scenario: a
// request of one second there is a task of that many Gcycles. It is a unit, not an estimate.
const referenceSpeed = 10

// Servers of a trace without servers: as many as are busy for busyShare of the time, and at least the preset's. Where a
// server does not hold all models, each request is taken to load its own.
const busyShare = 0.5

// writeServers writes servers, their speeds and their hall, of which the data of requests has nothing.
func (im *importer) writeServers(l *log, loadS float64) {
	s := mustPreset()
	speed := or(im.o.Speed, referenceSpeed)
	busy := l.rate(func(q *request) float64 { return q.gcycles / speed })
	if len(l.models) > s.Compute.CacheModels {
		busy += l.rate(func(*request) float64 { return loadS })
	}
	servers := min(max(s.Servers, int(math.Ceil(busy/busyShare))), mostServers)
	im.d.choose("servers", im.o.Servers, servers, fmt.Sprintf("the requests keep %.3g busy on average", busy), "servers")
	servers = or(im.o.Servers, servers)
	side := math.Sqrt(float64(servers) / float64(s.Servers))
	im.d.assume("hall.width_m", s.Hall.WidthM*side, "as many square metres per server as in the preset "+preset, "")
	im.d.assume("hall.depth_m", s.Hall.DepthM*side, "likewise; the servers are on a grid, the IEDs uniform", "")
	im.d.assume("compute.server_gcycles_per_s", []float64{speed}, fmt.Sprintf("a machine of the data set is %d by definition", referenceSpeed), "speed")
	im.writeIEDSpeeds()
	im.d.assume("compute.cache_models", s.Compute.CacheModels, "models that a server holds, as in the preset "+preset, "")
}

// rate returns the sum over all requests per second.
func (l *log) rate(of func(*request) float64) float64 {
	total := 0.0
	for i := range l.requests {
		total += of(&l.requests[i])
	}
	return total / math.Max(l.seconds(len(l.requests)-1), 1)
}
