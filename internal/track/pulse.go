package track

import (
	"io"
	"sync/atomic"
	"time"
)

// pulse is when there was last a sign of a server.
type pulse struct {
	at       atomic.Int64
	answered atomic.Bool // any request
}

func (p *pulse) beat() { p.at.Store(time.Now().UnixNano()) }

func (p *pulse) since() time.Duration { return time.Since(time.Unix(0, p.at.Load())) }

// beating is a file that is sent: that the server takes more of it is a sign, too.
type beating struct {
	io.Reader
	pulse *pulse
}

func (b beating) Read(p []byte) (int, error) {
	b.pulse.beat()
	return b.Reader.Read(p)
}
