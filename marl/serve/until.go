package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Until answers on a listener until ctx is done, or the listener fails. After ctx is done the server still answers; Stop ends it.
func Until(ctx context.Context, h *http.Server, l net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// ErrCutOff is in the chain of the error of a server that stopped before all requests were done.
var ErrCutOff = errors.New("requests were cut off")

// Stop takes no new connection and waits for the requests in work. Those that take longer than the grace are cut off.
func Stop(h *http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := h.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("serve: %w that were not done %v after the signal to stop", ErrCutOff, grace.Round(time.Millisecond))
	}
	if err != nil {
		return errors.Join(err, h.Close())
	}
	return nil
}
