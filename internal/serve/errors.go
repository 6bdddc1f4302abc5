package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/classify"
)

// Problem is an error as the client gets it: {"error":{"code":…,"message":…,"field":…}}.
type Problem struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`           // for programs; the codes stand in openapi.yaml
	Message string `json:"message"`        // for people: what is wrong and what is allowed
	Field   string `json:"field,omitzero"` // of the body, as a JSON pointer without its first slash, or a parameter of the address

	retry time.Duration
}

func (p *Problem) Error() string { return p.Message }

// shaped is an error with a body of its own, for routes that speak another server's language.
type shaped interface {
	error
	body() (status int, body any)
}

// fail writes an error as the answer, unless the client has gone.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if rec, ok := w.(*recorder); ok && rec.status != 0 { // the answer has begun
		return
	}
	if errors.Is(err, errGone) || errors.Is(r.Context().Err(), context.Canceled) {
		if rec, ok := w.(*recorder); ok {
			rec.status = 499 // as nginx counts it
		}
		return
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

// write writes an answer.
func write(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer cannot be written"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // who has gone does not read it
}

// statuses are those of a classifier's errors.
var statuses = map[classify.Code]int{
	classify.CodeBusy: http.StatusTooManyRequests, classify.CodeClosed: http.StatusServiceUnavailable, classify.CodeNoAdapter: http.StatusNotFound,
	classify.CodeExists: http.StatusConflict, classify.CodeRank: http.StatusBadRequest, classify.CodeText: http.StatusBadRequest,
	classify.CodeOption: http.StatusBadRequest, classify.CodeAdapter: http.StatusUnprocessableEntity, classify.CodeDiverged: http.StatusInternalServerError,
}

// fields are what a classifier's errors are about.
var fields = map[classify.Code]string{classify.CodeNoAdapter: "adapter", classify.CodeRank: "rank"}

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
		p = &Problem{Status: statuses[c.Code], Code: string(c.Code), Message: c.Error(), Field: fields[c.Code]}
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

// decode reads the body as JSON into v: every member has to be one of v's, once, of its type, in valid UTF-8, and nothing may stand
// behind.
func (s *Server) decode(r *http.Request, v any) error {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return &Problem{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: "the header Content-Type has to be application/json"}
	}
	b, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.counter.Rejected("too_large")
		return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf("the body is longer than %d bytes", large.Limit)}
	case err != nil && r.Context().Err() != nil && errors.Is(r.Context().Err(), context.Canceled):
		return errGone
	case err != nil:
		return &Problem{Status: http.StatusBadRequest, Code: "body", Message: "the body ends before it is complete"}
	}
	if err := json.Unmarshal(b, v, json.RejectUnknownMembers(true)); err != nil {
		return malformed(err)
	}
	return nil
}

// malformed says where a body is not what it has to be.
func malformed(err error) error {
	p := &Problem{Status: http.StatusBadRequest, Code: "json", Message: "the body is not JSON: " + oneLine(err.Error())}
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &p): // of an UnmarshalJSON of ours
		if errors.As(err, &semantic) && p.Field == "" {
			p.Field = pointer(semantic.JSONPointer)
		}
	case errors.As(err, &syntax):
		p.Field = pointer(syntax.JSONPointer)
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			p.Code, p.Message = "field", fmt.Sprintf("%.80q is there twice", last(p.Field))
		case strings.Contains(syntax.Err.Error(), "UTF-8"):
			p.Code, p.Message = "utf8", fmt.Sprintf("the body is not valid UTF-8 at byte %d", syntax.ByteOffset)
		default:
			p.Message = fmt.Sprintf("the body is not JSON at byte %d: %s", syntax.ByteOffset, oneLine(syntax.Err.Error()))
		}
	case errors.As(err, &semantic):
		p.Field = pointer(semantic.JSONPointer)
		p.Code, p.Message = "field", fmt.Sprintf("%.80q cannot be %s", p.Field, kinds[semantic.JSONKind])
		if errors.Is(err, json.ErrUnknownName) {
			p.Message = fmt.Sprintf("there is no field %.80q; GET /openapi.json lists those that there are", p.Field)
		}
		if p.Field == "" {
			p.Message = fmt.Sprintf("the body has to be an object, and is %s", kinds[semantic.JSONKind])
		}
	}
	return p
}

// kinds are the kinds of JSON values in messages.
var kinds = map[jsontext.Kind]string{
	'n': "null", 't': "true", 'f': "false", '"': "a string", '0': "a number", '{': "an object", '[': "an array",
}

// pointer is a JSON pointer as Problem.Field has it.
func pointer(p jsontext.Pointer) string { return strings.TrimPrefix(string(p), "/") }

// last is the last part of a field.
func last(field string) string { return field[strings.LastIndexByte(field, '/')+1:] }

// oneLine is a message without line ends, and not without end.
func oneLine(s string) string {
	return fmt.Sprintf("%.300s", strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " "))
}
