package serve

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// listening serves on a port of its own and gives the address.
func listening(t *testing.T, f *fake, o Options) (string, *counts) {
	t.Helper()
	s, c := server(t, f, o)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return h.Listener.Addr().String(), c
}

// sent connects, sends what it is given and gives the connection.
func sent(t *testing.T, address, request string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	return c.(*net.TCPConn)
}

// reply is what came back.
type reply struct {
	status  int
	code    string
	results []struct{ Probability float64 }
	body    string
}

// next reads an answer; its status is 0 when there is none.
func next(r *bufio.Reader) (a reply) {
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return a
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	var v struct {
		Error   Problem
		Results []struct{ Probability float64 }
	}
	_ = json.Unmarshal(b, &v)
	return reply{resp.StatusCode, v.Error.Code, v.Results, string(b)}
}

// post is a request with a length, which need not be that of the body.
func post(length int, body string) string {
	return fmt.Sprintf("POST /v1/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body)
}

// about is a request for a text.
func about(text string) string {
	body := fmt.Sprintf(`{"text":%q}`, text)
	return post(len(body), body)
}

// chunked is a request in chunks as given.
func chunked(chunks string) string {
	return "POST /v1/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
}

// TestBrokenConnections: whatever comes over a connection, each request in it that is whole has its own answer, what is broken has
// an error of its status, and other connections notice nothing.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	patient, _ := listening(t, newFake(), Options{})
	hasty, _ := listening(t, newFake(), Options{Timeout: time.Second})
	const large = 2 << 20
	for name, tt := range map[string]struct {
		request string
		half    bool // nothing more is sent, which the server can see
		texts   []string
		status  int // of the answer after those to texts; 0: none has to come
		code    string
	}{
		"two at once":                 {about("a") + about("b") + about("c"), false, []string{"a", "b", "c"}, 0, ""},
		"half a body, closed":         {post(100, `{"te`), true, nil, 400, "body"},
		"half a body, silent":         {post(100, `{"te`), false, nil, 408, "slow"},
		"no body, silent":             {post(100, ``), false, nil, 408, "slow"},
		"no body, closed":             {post(100, ``), true, nil, 400, "body"},
		"longer than its length":      {post(12, `{"text":"a"}} and more`+"\r\n\r\n"), true, []string{"a"}, 400, ""},
		"shorter, and the next in it": {post(22, `{"text":"a"}`+about("b")), true, nil, 400, "json"},
		"garbage behind":              {about("a") + "\x00\x01\xff garbage\r\n\r\n", true, []string{"a"}, 400, ""},
		"another bad one behind":      {about("a") + post(2, `{]`) + about("b"), false, []string{"a"}, 400, "json"},
		"garbage":                     {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS\r\n\r\n", true, nil, 400, ""},
		"no length":                   {"POST /v1/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n" + `{"text":"a"}`, true, nil, 400, "json"},
		"a length below 0":            {post(-1, ""), true, nil, 400, ""},
		"two lengths":                 {strings.Replace(about("a"), "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\n", 1), true, nil, 400, ""},
		"chunks":                      {chunked("c\r\n{\"text\":\"a\"}\r\n0\r\n\r\n"), false, []string{"a"}, 0, ""},
		"a chunk that is none":        {chunked("zz\r\n{\"text\":\"a\"}\r\n0\r\n\r\n"), true, nil, 400, "body"},
		"chunks without an end":       {chunked("c\r\n{\"text\":\"a\"}\r\n"), true, nil, 400, "body"},
		"a chunk too large":           {chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", large, strings.Repeat(" ", large))), false, nil, 413, "too_large"},
		"a text of 2 MB":              {about(strings.Repeat("a", large)), false, nil, 413, "too_large"},
		"2 MB, and the next":          {about(strings.Repeat("a", large)) + about("b"), false, nil, 413, "too_large"},
		"waits for leave to send":     {strings.Replace(post(large, ""), "\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1), false, nil, 413, "too_large"},
		"a length of 2^62":            {post(1<<62, "{"), false, nil, 413, "too_large"},
		"headers of 2 MB":             {"GET /v1/adapters HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("a", large), true, nil, 431, ""},
		"of HTTP 1.0":                 {"POST /v1/predict HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"text\":\"a\"}", false, []string{"a"}, 0, ""},
		"all options":                 {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", false, nil, 200, ""},
		"another server's":            {"GET http://example.org/nothing HTTP/1.1\r\nHost: example.org\r\n\r\n", false, nil, 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := patient
			if tt.code == "slow" {
				address = hasty
			}
			c := sent(t, address, tt.request)
			if tt.half {
				if err := c.CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			r := bufio.NewReader(c)
			for _, text := range tt.texts {
				if a := next(r); len(a.results) != 1 || a.results[0].Probability != answerTo(text).Probability {
					t.Errorf("for %q: %+v", text, a)
				}
			}
			if tt.status != 0 {
				if a := next(r); a.status != tt.status || a.code != tt.code {
					t.Errorf("%+v", a)
				}
			}
			if a := next(bufio.NewReader(sent(t, address, about("another")))); len(a.results) != 1 || a.results[0].Probability != answerTo("another").Probability {
				t.Errorf("another connection: %+v", a)
			}
		})
	}
}

// TestHalfClosed: a client that closes its half of the connection behind its request, as nc -N does, gets an error when the answer
// takes time, and never an empty answer that says 200.
func TestHalfClosed(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.wait = make(chan struct{})
	address, c := listening(t, f, Options{})
	conn := sent(t, address, about("a"))
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if a := next(bufio.NewReader(conn)); a.status != statusGone || a.code != "gone" {
		t.Errorf("%+v", a)
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.statuses["POST /v1/predict 499"] != 1 || len(c.statuses) != 1 {
		t.Errorf("%v", c.statuses)
	}
}

// TestBodyInTime: a body that comes slowly, but in time, is answered, and computing may go on after the time in which it had to come.
func TestBodyInTime(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.wait = make(chan struct{})
	address, _ := listening(t, f, Options{Timeout: time.Second})
	request := about("slow")
	conn := sent(t, address, request[:len(request)-5])
	for _, b := range request[len(request)-5:] {
		time.Sleep(20 * time.Millisecond)
		if _, err := conn.Write([]byte{byte(b)}); err != nil {
			t.Fatal(err)
		}
	}
	if a := next(bufio.NewReader(conn)); a.status != 504 || a.code != "timeout" { // and not cancelled by a deadline of reading
		t.Errorf("%+v", a)
	}
}

// TestHTTP2: with TLS a connection carries many requests; each has its own limits, and those beside it notice nothing.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	s, _ := server(t, newFake(), Options{Timeout: 3 * time.Second})
	h := httptest.NewUnstartedServer(s)
	h.EnableHTTP2 = true
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.StartTLS()
	defer h.Close()
	silent, end := io.Pipe()
	defer end.Close()
	var all sync.WaitGroup
	for name, tt := range map[string]struct {
		body   io.Reader
		status int
		code   string
	}{
		"whole":     {strings.NewReader(`{"text":"a"}`), 200, ""},
		"silent":    {silent, 408, "slow"},
		"too large": {strings.NewReader(strings.Repeat(" ", 2<<20)), 413, "too_large"},
		"bad":       {strings.NewReader(`{"text":`), 400, "json"},
	} {
		all.Go(func() {
			resp, err := h.Client().Post(h.URL+"/v1/predict", "application/json", tt.body)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			defer resp.Body.Close()
			var v struct{ Error Problem }
			if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || resp.ProtoMajor != 2 || resp.StatusCode != tt.status || v.Error.Code != tt.code {
				t.Errorf("%s: %s %d %+v %v", name, resp.Proto, resp.StatusCode, v, err)
			}
		})
	}
	all.Wait()
}
