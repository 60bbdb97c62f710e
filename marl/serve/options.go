package serve

import (
	"fmt"
	"regexp"
	"time"
)

// Options are the limits of a Server.
type Options struct {
	Name           string        // of the policy in paths; "": that of its contract
	Version        string        // of the program, for the server's metadata
	MaxBatch       int           // observations of a request
	MaxBody        int64         // bytes of a request
	MaxRequests    int           // in work at once, from the first byte of the body to the last of the answer
	MaxConnections int           // open at once; more wait to be accepted
	Timeout        time.Duration // for a request to arrive, and for its answer to be taken
	Grace          time.Duration // for requests in work when the server stops
}

// Defaults are limits for a machine beside an access point: with the largest bodies, requests in work take some 200 MB.
func Defaults() Options {
	return Options{
		Version: "unknown", MaxBatch: 1024, MaxBody: 1 << 20, MaxRequests: 64, MaxConnections: 1024,
		Timeout: 10 * time.Second, Grace: 10 * time.Second,
	}
}

// plain names can stand in a path as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,200}$`)

// check reports the first option that is not allowed.
func (o *Options) check() error {
	if !plain.MatchString(o.Name) {
		return fmt.Errorf("serve: the name of the policy is %q; allowed: up to 200 letters, digits and ._~-, since it is part of a path", o.Name)
	}
	for _, x := range []struct {
		what  string
		value int64
	}{
		{"batch", int64(o.MaxBatch)}, {"body", o.MaxBody}, {"number of requests", int64(o.MaxRequests)},
		{"number of connections", int64(o.MaxConnections)},
	} {
		if x.value < 1 {
			return fmt.Errorf("serve: the largest %s is %d; allowed: 1 or more", x.what, x.value)
		}
	}
	if o.Timeout <= 0 || o.Grace <= 0 {
		return fmt.Errorf("serve: the timeout is %v and the grace %v; allowed: more than 0s", o.Timeout, o.Grace)
	}
	return nil
}
