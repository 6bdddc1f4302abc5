package serve

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// plainErrors is a listener on whose connections Go's server tells in JSON of what is no request that it can read. The server writes
// such an answer to the connection itself, in plain text, before there is a request that a handler could answer (net/http/server.go,
// conn.serve), and lets nobody change it. It is for connections without TLS: the server has to see the others as they are.
type plainErrors struct{ net.Listener }

// Accept waits for a connection.
func (l plainErrors) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return plainError{c}, nil
}

type plainError struct{ net.Conn }

// endOfHeaders is what the server ends the headers of those answers with, and no others: each of a handler has a date.
const endOfHeaders = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// Write writes b, or in its place the same error as JSON.
func (c plainError) Write(b []byte) (int, error) {
	const version = "HTTP/1.1 "
	if !bytes.HasPrefix(b, []byte(version)) {
		return c.Conn.Write(b)
	}
	line, text, ok := strings.Cut(string(b), endOfHeaders)
	status, err := strconv.Atoi(line[len(version):min(len(line), len(version)+3)])
	if !ok || err != nil || status < 400 || strings.Contains(line, "\n") {
		return c.Conn.Write(b)
	}
	p := &Problem{Code: "malformed", Message: "this is no HTTP request that can be answered: " + text}
	body, err := json.Marshal(map[string]*Problem{"error": p})
	if err != nil {
		return 0, err
	}
	answer := version + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: " +
		strconv.Itoa(len(body)) + "\r\nConnection: close\r\n\r\n" + string(body)
	if _, err := c.Conn.Write([]byte(answer)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// CloseWrite ends what is sent, so that the last answer arrives though more was sent to it than is read; the server asks for it.
func (c plainError) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}
