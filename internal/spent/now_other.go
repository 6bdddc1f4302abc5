//go:build !linux

package spent

import "time"

var start = time.Now()

// now is the time that has passed since the process began.
func now() time.Duration { return time.Since(start) }
