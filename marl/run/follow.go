package run

import (
	"bytes"

	"github.com/gmel-go/gmel/internal/setting"
)

// told is the configuration that rank 0 tells. Files that it names are read on this host.
func told(text []byte) (*Config, error) {
	r := setting.NewReader()
	if err := r.Embedded(bytes.TrimSpace(text), "the configuration of rank 0"); err != nil {
		return nil, err
	}
	c, err := read(r)
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		return nil, err
	}
	c.game().ready()
	return c, nil
}
