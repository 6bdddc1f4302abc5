package serve

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestMalformed: what is no HTTP has an answer in JSON too, with the status of Go's server, and what came before it in the
// connection has its own.
func TestMalformed(t *testing.T) {
	s, _ := server(t, newFake(), Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &http.Server{Handler: s, MaxHeaderBytes: 4 << 10}
	t.Cleanup(func() { h.Close() })
	go func() { _ = h.Serve(plainErrors{l}) }()
	const ask = "POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"text\":\"a b\"}"
	for name, tt := range map[string]struct {
		request string
		before  int // answers before
		status  int
		part    string
	}{
		"garbage":           {"\x01\x02 garbage\r\n\r\n", 0, 400, "no HTTP request"},
		"no host":           {"GET / HTTP/1.1\r\n\r\n", 0, 400, "missing required Host header"},
		"two lengths":       {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 0, 400, "no HTTP request"},
		"another coding":    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: squeezed\r\n\r\n", 0, 501, "transfer encoding"},
		"headers too long":  {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", 0, 431, "Request Header Fields Too Large"},
		"pipelined garbage": {ask + ask + "\x00\x01 HTTP\r\n\r\n" + ask, 2, 400, "no HTTP request"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			go func() { _, _ = io.WriteString(c, tt.request) }() // the server may close before it has read all
			r := bufio.NewReader(c)
			for range tt.before {
				if a := next(r); a.status != 200 || len(a.results) != 1 {
					t.Fatalf("an answer before: %d %s", a.status, a.body)
				}
			}
			if a := next(r); a.status != tt.status || a.code != "malformed" || !strings.Contains(a.body, tt.part) {
				t.Errorf("status %d, code %q: %s", a.status, a.code, a.body)
			}
			if rest, _ := io.ReadAll(r); len(rest) > 0 {
				t.Errorf("more follows: %q", rest)
			}
		})
	}
}
