package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	patience   = 6                // failures in a row without a byte gained
	maxRounds  = 1000             // failures in all
	firstWait  = time.Second / 2  // doubled each time
	longestOwn = 20 * time.Second // of the waits that nobody asked for
	longestAny = 3 * time.Minute  // of those that the server asked for
)

// transient is an error that may be gone a little later.
type transient struct {
	err     error
	after   time.Duration // as the server asked; 0: it did not
	lasting bool          // not within seconds, though
}

func (t *transient) Error() string { return t.err.Error() }
func (t *transient) Unwrap() error { return t.err }

// retry calls f until it succeeds, fails for good, or has failed too often in a row.
// f says whether it got any further.
func (c *Client) retry(ctx context.Context, tries int, f func() (further bool, err error)) error {
	failed := 0
	for range maxRounds {
		further, err := f()
		var t *transient
		if err == nil || !errors.As(err, &t) {
			return err
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if further {
			failed = 0
		}
		if failed++; failed >= tries || t.lasting {
			return err
		}
		if t.after > longestAny {
			return fmt.Errorf("%w: it asks to come back in %v", err, t.after.Round(time.Second))
		}
		if err := c.sleep(ctx, max(t.after, min(firstWait<<(failed-1), longestOwn))); err != nil {
			return err
		}
	}
	return fmt.Errorf("cut off %d times", maxRounds)
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	if c.wait != nil {
		return c.wait(ctx, d)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// passing says whether a status may be another one a little later.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// askedWait is the wait that a response asks for: Retry-After in seconds or as a date, or
// the reset of the Hub's own ratelimit header ("api";r=0;t=55).
func askedWait(h http.Header, now time.Time) time.Duration {
	if v := h.Get("Retry-After"); v != "" {
		if s, err := strconv.Atoi(v); err == nil && s >= 0 {
			return time.Duration(min(s, 1<<20)) * time.Second
		}
		if at, err := http.ParseTime(v); err == nil {
			return max(0, at.Sub(now))
		}
	}
	_, reset, found := strings.Cut(h.Get("Ratelimit"), ";t=")
	if s, err := strconv.Atoi(reset); found && err == nil && s >= 0 && strings.Contains(h.Get("Ratelimit"), ";r=0;") {
		return time.Duration(min(s, 1<<20)) * time.Second
	}
	return 0
}
