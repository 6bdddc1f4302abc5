package serve

import (
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
)

// accessLog writes a line of JSON for each request. It has nothing of a request's body, nor of its address but for the route, so
// that no text gets into it.
type accessLog struct {
	lock sync.Mutex
	to   io.Writer // nil: nothing is written
	file *os.File  // that to is; nil if it is none
}

// openAccessLog opens the log at the end of a file; "-" is out, "" none.
func openAccessLog(path string, out io.Writer) (*accessLog, error) {
	switch path {
	case "":
		return &accessLog{}, nil
	case "-":
		return &accessLog{to: out}, nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fault.Usagef("the log of requests: %w", err)
	}
	return &accessLog{to: f, file: f}, nil
}

// close closes the file.
func (l *accessLog) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// access is a line.
type access struct {
	Time     string  `json:"time"` // that the answer ended, RFC 3339 in UTC
	Remote   string  `json:"remote,omitzero"`
	Method   string  `json:"method"`
	Route    string  `json:"route"` // "" where none is allowed or there is none
	Status   int     `json:"status"`
	Request  int64   `json:"request_bytes"` // that the client announced; -1: unknown
	Answer   int64   `json:"answer_bytes"`
	Duration float64 `json:"duration_ms"`
}

// around answers a request, and logs it.
func (l *accessLog) around(w http.ResponseWriter, r *http.Request, answer func(http.ResponseWriter)) {
	if l.to == nil {
		answer(w)
		return
	}
	began := time.Now()
	counted := &counter{recorder: recorder{ResponseWriter: w}}
	defer func() { // of an answer that is aborted, too
		l.write(access{
			Time: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), Remote: r.RemoteAddr, Method: clean(r.Method), Route: r.Pattern, Status: counted.status,
			Request: r.ContentLength, Answer: counted.bytes, Duration: float64(time.Since(began).Microseconds()) / 1000,
		})
	}()
	answer(counted)
}

// clean is a method, which a client may make as long as it likes.
func clean(method string) string {
	if len(method) > 16 {
		return method[:16]
	}
	return method
}

// write appends a line at once. Who cannot be written to does not stop the server.
func (l *accessLog) write(a access) {
	b, err := json.Marshal(a)
	if err != nil {
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	_, _ = l.to.Write(append(b, '\n'))
}

// counter counts the bytes of an answer.
type counter struct {
	recorder
	bytes int64
}

// Write writes a part of the body.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.recorder.Write(b)
	c.bytes += int64(n)
	return n, err
}
