package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Identity is a hash of the settings that determine numbers, without the seed, and with the content of files in the place of their paths. Runs
// with the same identity and seed are the same run. It is 12 hexadecimal digits: of a million runs, two have the same with a chance of .002.
func (c *Config) Identity() (string, error) {
	n := *c
	var err error
	if n.digests, err = c.game().digests(); err != nil {
		return "", err
	}
	scenario, others := n.Settings()
	h := sha256.New()
	for _, settings := range []map[string]string{scenario, others} {
		for _, path := range slices.Sorted(maps.Keys(settings)) {
			fmt.Fprintf(h, "%q=%q\n", path, settings[path])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}
