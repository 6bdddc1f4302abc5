package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/answer"
)

// Problem is an error as the client gets it: {"error":{"code":…,"message":…,"field":…}}.
type Problem struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`           // for programs; the codes stand in openapi.yaml
	Message string `json:"message"`        // for people: what is wrong and what is allowed
	Field   string `json:"field,omitzero"` // of the body, as a JSON pointer without its first slash, or a parameter of the address

	text  int // counted from 1: that it is about; 0: none, or the client knows by Field
	retry time.Duration
}

func (p *Problem) Error() string { return p.Message }

// shaped is an error with a body of its own, for routes that speak another server's language.
type shaped interface {
	error
	body() (status int, body any)
}

// statusGone is the status, as nginx counts it, of a client that has closed its connection, or its half of it, before the answer.
const statusGone = 499

// fail writes an error as the answer. A client that has gone gets one, too: it may have closed only its own half of the connection,
// and without an answer net/http would send an empty one that says 200.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if rec, ok := w.(*recorder); ok && rec.status != 0 { // the answer has begun
		return
	}
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		err = &Problem{Status: statusGone, Code: "gone", Message: "the client closed its side of the connection before the answer was there"}
	}
	p := s.problem(err)
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(1, (p.retry+time.Second-1)/time.Second))))
	}
	var own shaped
	if errors.As(err, &own) {
		_, body := own.body()
		write(w, p.Status, body)
		return
	}
	write(w, p.Status, map[string]*Problem{"error": p})
}

// write writes an answer. What is not UTF-8 in it, as in a name that was asked for, is replaced.
func write(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer cannot be written"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) //nolint:gosec // JSON, by its type; who has gone does not read it
}

// statuses are those of a classifier's errors.
var statuses = map[classify.Code]int{
	classify.CodeBusy: http.StatusTooManyRequests, classify.CodeClosed: http.StatusServiceUnavailable, classify.CodeNoAdapter: http.StatusNotFound,
	classify.CodeExists: http.StatusConflict, classify.CodeRank: http.StatusBadRequest, classify.CodeText: http.StatusBadRequest,
	classify.CodeOption: http.StatusBadRequest, classify.CodeAdapter: http.StatusUnprocessableEntity, classify.CodeDiverged: http.StatusInternalServerError,
}

// fieldOf is what a classifier's error is about.
func fieldOf(e *classify.Error) string {
	var r *answer.Refusal
	switch {
	case errors.As(e, &r):
		return string(r.Part)
	case e.Code == classify.CodeNoAdapter:
		return "adapter"
	case e.Code == classify.CodeRank:
		return "rank"
	}
	return ""
}

// problem is an error as the client may see it. What is nobody's business stays inside.
func (s *Server) problem(err error) *Problem {
	var p *Problem
	var own shaped
	var c *classify.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &own):
		status, _ := own.body()
		return &Problem{Status: status}
	case errors.As(err, &c):
		p = &Problem{Status: statuses[c.Code], Code: string(c.Code), Message: c.Error(), Field: fieldOf(c)}
		if c.Code == classify.CodeBusy {
			s.counter.Rejected("busy")
			p.retry = s.pace.wait(s.classifier.Queued())
		}
		return p
	case errors.Is(err, context.DeadlineExceeded):
		s.counter.Rejected("timeout")
		return &Problem{Status: http.StatusGatewayTimeout, Code: "timeout", Message: fmt.Sprintf("there is no answer within %v: ask for fewer texts at once, or later", s.options.Timeout)}
	}
	s.note(err)
	return &Problem{Status: http.StatusInternalServerError, Code: "internal", Message: "the server has failed, and goes on; its log says more"}
}

// note tells the operator of a failure.
func (s *Server) note(err error) {
	if s.options.Note != nil {
		s.options.Note(oneLine(err.Error()))
	}
}

// oneLine is a message without line ends, and not without end.
func oneLine(s string) string {
	return fmt.Sprintf("%.300s", strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " "))
}
