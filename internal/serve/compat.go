package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/classify"
)

// This file is what the forms of other servers share: where they say the adapter and the rank, how they score labels, and how they
// tell of errors. Their own parts are tei.go and pipeline.go.

// prediction is a label with its score, as Hugging Face's servers write it.
type prediction struct {
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

// foreign is an error in the form of Hugging Face's servers: {"error":…,"error_type":…}.
type foreign struct {
	*Problem
	kind string // "Validation", "Overloaded", …
}

func (f *foreign) Unwrap() error { return f.Problem }

// body is the error as it is written.
func (f *foreign) body() (int, any) {
	return f.Status, struct {
		Error string `json:"error"`
		Type  string `json:"error_type"`
	}{f.Message, f.kind}
}

// inForeignForm makes a handler's errors foreign ones. Statuses and names are those of Text Embeddings Inference
// (router/src/http/server.rs, ErrorType) where it has the case: 413 for what is too long, 424 for a model that fails.
func (s *Server) inForeignForm(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil || errors.Is(err, context.Canceled) {
			return err
		}
		p := *s.problem(err)
		f := &foreign{&p, "Validation"}
		switch {
		case p.Status == http.StatusTooManyRequests:
			f.kind = "Overloaded"
		case p.Status == http.StatusServiceUnavailable:
			f.kind = "Unhealthy"
		case p.Status == http.StatusInternalServerError:
			p.Status, f.kind = http.StatusFailedDependency, "Backend"
		case p.Status == http.StatusGatewayTimeout:
			f.kind = "Backend"
		case p.Code == "empty":
			f.kind = "Empty"
		}
		if p.Field != "" && !strings.Contains(p.Message, p.Field) {
			p.Message = p.Field + ": " + p.Message
		}
		return f
	}
}

// target is the adapter of the address's path or of its parameter adapter, and the rank of its parameter rank. Those
// forms have no place for them in the body.
func target(r *http.Request) (list []classify.Option, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &Problem{Status: http.StatusBadRequest, Code: "parameter", Message: "the part of the address behind the question mark is malformed"}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		switch {
		case name != "rank" && (name != "adapter" || r.PathValue("name") != ""):
			return nil, &Problem{Status: http.StatusBadRequest, Code: "parameter", Message: fmt.Sprintf("the address has a parameter %.80q, and takes adapter and rank, the adapter once", name), Field: fmt.Sprintf("%.80s", name)}
		case len(values) > 1:
			return nil, &Problem{Status: http.StatusBadRequest, Code: "parameter", Message: "the parameter is there twice", Field: name}
		case name == "adapter":
			list = append(list, classify.WithAdapter(values[0]))
		default:
			var n rank
			value := jsontext.Value(values[0])
			if values[0] == "auto" {
				value = jsontext.Value(`"auto"`)
			}
			if err := n.UnmarshalJSON(value); err != nil {
				var p *Problem
				if errors.As(err, &p) {
					p.Field = "rank"
				}
				return nil, err
			}
			list = append(list, classify.WithRank(int(n)))
		}
	}
	if name := r.PathValue("name"); name != "" {
		list = append(list, classify.WithAdapter(name))
	}
	return list, nil
}

// function makes scores of logits.
type function string

// The functions, by the names that Transformers' pipeline gives them.
const (
	byTask  function = "" // probabilities of labels as dylora predict has them; of a regression the outputs
	none    function = "none"
	softmax function = "softmax"
	sigmoid function = "sigmoid"
)

// predictions are the labels of an answer with their scores, the highest first.
func (s *Server) predictions(r classify.Result, f function) []prediction {
	scores, own := apply(r, f), s.outputs(r)
	list := make([]prediction, len(scores))
	for i, v := range scores {
		switch {
		case i < len(r.Labels):
			list[i] = prediction{r.Labels[i].Name, v}
		case i < len(own):
			list[i] = prediction{own[i], v}
		default: // as Transformers names it
			list[i] = prediction{fmt.Sprintf("LABEL_%d", i), v}
		}
	}
	slices.SortStableFunc(list, func(a, b prediction) int { return cmp.Compare(b.Score, a.Score) })
	return list
}

// outputs are the names of a regression's outputs, where they have any.
func (s *Server) outputs(r classify.Result) []string {
	if r.Labels != nil {
		return nil
	}
	for _, i := range s.classifier.Adapters() {
		if i.Name == r.Adapter {
			return i.Labels
		}
	}
	return nil
}

// apply gives each column its score.
func apply(r classify.Result, f function) []float64 {
	scores := make([]float64, len(r.Logits))
	if f == byTask && len(r.Labels) == len(scores) {
		for i, l := range r.Labels {
			scores[i] = l.Probability
		}
		return scores
	}
	for i, v := range r.Logits {
		switch scores[i] = float64(v); f {
		case softmax:
			scores[i] = math.Exp(float64(v) - float64(slices.Max(r.Logits)))
		case sigmoid:
			scores[i] = 1 / (1 + math.Exp(-float64(v)))
		}
	}
	if f == softmax {
		sum := 0.0
		for _, v := range scores {
			sum += v
		}
		for i := range scores {
			scores[i] /= sum
		}
	}
	return scores
}

// firstError is that of the first text without an answer: these forms have no place for the errors of single texts.
func firstError(s *Server, results []classify.Result) error {
	for i, r := range results {
		if r.Err != nil {
			p := *s.problem(r.Err)
			p.Field = fmt.Sprintf("inputs/%d", i)
			return &p
		}
	}
	return nil
}

// tooLong refuses texts that were cut, for requests that do not want that.
func tooLong(results []classify.Result) error {
	for i, r := range results {
		if r.Truncated {
			return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_long", Message: fmt.Sprintf("the text has more than %d tokens, which are as many as the adapter reads; it may be cut with truncate", r.Tokens), Field: fmt.Sprintf("inputs/%d", i)}
		}
	}
	return nil
}

// list are the elements of an array.
func list(v jsontext.Value) (elements []jsontext.Value, err error) {
	err = json.Unmarshal(v, &elements)
	return elements, err
}

// textAt reads a string of a body; field says where it is.
func textAt(v jsontext.Value, field string) (t text, err error) {
	if err = json.Unmarshal(v, &t); err != nil {
		return t, inputError(field, fmt.Sprintf("here is %s, and it has to be a string", kinds[v.Kind()]))
	}
	return t, nil
}

// inputError is a fault of a request's inputs.
func inputError(field, message string) error {
	return &Problem{Status: http.StatusBadRequest, Code: "field", Message: message, Field: field}
}
