package serve

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of what is read of a body that is too long. Without reading on, the connection would be reset under a client that
// is still sending, and the client would never see why.
const (
	surplus     = 8 << 20
	surplusTime = 5 * time.Second
)

// body is a request's body with a limit, and with the time in which it has to come.
type body struct {
	io.ReadCloser // ends with a *http.MaxBytesError at the limit
	whole         io.Reader
	control       *http.ResponseController
}

// bound limits the body of a request to Options.MaxBody, and the time until it is complete to Options.Timeout. It gives a copy of
// the request: net/http looks at the body of its own before it writes the answer, and would wait for the rest of another one.
func (s *Server) bound(w http.ResponseWriter, r *http.Request, began time.Time) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	b := &body{http.MaxBytesReader(w, r.Body, s.options.MaxBody), r.Body, http.NewResponseController(w)}
	_ = b.control.SetReadDeadline(began.Add(s.options.Timeout)) // an error: there is no connection, as in tests
	r = r.WithContext(r.Context())
	r.Body = b
	return r
}

// Read reads a part. Once the body is complete, nothing has to come from the connection any more: with its deadline left, the
// request would be cancelled while it is computed.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// skip reads the rest of a body that is too long, unless it is far too long or the client waits for leave to send it.
func (b *body) skip(r *http.Request) {
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") && r.ContentLength >= 0 || r.ContentLength > surplus {
		return
	}
	_ = b.control.SetReadDeadline(time.Now().Add(surplusTime))
	_, _ = io.CopyN(io.Discard, b.whole, surplus)
}

// decode reads the body as JSON into v: every member has to be one of v's, once, of its type, in valid UTF-8, and nothing may stand
// behind.
func (s *Server) decode(r *http.Request, v any) error {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return &Problem{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: "the header Content-Type has to be application/json", Field: "Content-Type"}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return &Problem{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: fmt.Sprintf("the body is sent as %.40q, and has to be sent without compression", e), Field: "Content-Encoding"}
	}
	b, err := s.read(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v, json.RejectUnknownMembers(true)); err != nil {
		return malformed(err)
	}
	return nil
}

// read reads the body whole.
func (s *Server) read(r *http.Request) ([]byte, error) {
	limit := s.options.MaxBody
	if r.ContentLength > limit { // without buffering what is refused anyway
		return nil, s.tooLong(r)
	}
	b, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, s.tooLong(r)
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.counter.Rejected("slow")
		return nil, &Problem{Status: http.StatusRequestTimeout, Code: "slow", Message: fmt.Sprintf("the body was not complete within %v", s.options.Timeout)}
	case err != nil:
		return nil, &Problem{Status: http.StatusBadRequest, Code: "body", Message: "the body ends before it is complete"}
	}
	return b, nil
}

// tooLong refuses a body above the limit.
func (s *Server) tooLong(r *http.Request) error {
	if b, ok := r.Body.(*body); ok {
		b.skip(r)
	}
	s.counter.Rejected("too_large")
	return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf("the body is longer than %d bytes, which is the most that this server takes", s.options.MaxBody)}
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
		p.Field, p.Code = pointer(semantic.JSONPointer), "field"
		switch {
		case errors.Is(err, json.ErrUnknownName):
			p.Message = fmt.Sprintf("there is no field %.80q here, but %s", last(p.Field), strings.Join(members(semantic.GoType), ", "))
		case p.Field == "":
			p.Message = fmt.Sprintf("the body is %s, and has to be an object", kinds[semantic.JSONKind])
		default:
			p.Message = fmt.Sprintf("%.80q is %s, and has to be %s", p.Field, kinds[semantic.JSONKind], expected(semantic.GoType))
		}
	}
	return p
}

// kinds are the kinds of JSON values in messages.
var kinds = map[jsontext.Kind]string{
	'n': "null", 't': "true", 'f': "false", '"': "a string", '0': "a number", '{': "an object", '[': "an array",
}

// members are the names that an object may have.
func members(t reflect.Type) (names []string) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// expected is what the value of a type has to be in JSON.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number that is not too large"
	case reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Pointer:
		return expected(t.Elem())
	}
	return "a string"
}

// pointer is a JSON pointer as Problem.Field has it.
func pointer(p jsontext.Pointer) string { return strings.TrimPrefix(string(p), "/") }

// last is the last part of a field.
func last(field string) string { return field[strings.LastIndexByte(field, '/')+1:] }
