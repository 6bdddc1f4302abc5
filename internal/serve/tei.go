package serve

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/classify"
)

// teiRequest is the body of POST /predict, as Text Embeddings Inference takes it (router/src/http/types.rs, PredictRequest).
type teiRequest struct {
	Inputs    jsontext.Value `json:"inputs"`               // a string, two strings for a pair, or a list of lists of one or two strings
	Raw       bool           `json:"raw_scores"`           // logits in place of probabilities
	Truncate  *bool          `json:"truncate"`             // false: a text that is too long is an error
	Direction string         `json:"truncation_direction"` // "Right": the end is cut off
}

// teiPredict answers POST /predict: for each text all labels with their scores, the highest first.
func (s *Server) teiPredict(w http.ResponseWriter, r *http.Request) error {
	var q teiRequest
	options, err := target(r)
	if err != nil {
		return err
	}
	if err := s.decode(r, &q); err != nil {
		return err
	}
	if q.Direction != "" && !strings.EqualFold(q.Direction, "right") {
		return inputError("truncation_direction", fmt.Sprintf("it is %.20q, and only the end of a text can be cut off: Right", q.Direction))
	}
	texts, batch, err := q.texts()
	if err != nil {
		return err
	}
	results, err := s.ask(r.Context(), texts, options...)
	if err != nil {
		return err
	}
	if err := firstError(s, results); err != nil {
		var p *Problem
		if errors.As(err, &p) && !batch && texts[0].Pair != nil && p.Code == string(classify.CodeText) {
			p.Message += `; two texts, each by itself, are [["…"],["…"]]`
		}
		return err
	}
	if q.Truncate != nil && !*q.Truncate {
		if err := tooLong(results); err != nil {
			return err
		}
	}
	lists := make([][]prediction, len(results))
	for i, x := range results {
		lists[i] = s.predictions(x, q.function(x))
	}
	if batch {
		write(w, http.StatusOK, lists)
	} else {
		write(w, http.StatusOK, lists[0])
	}
	return nil
}

// function is what makes scores of an answer: probabilities, and of a regression what Text Embeddings Inference makes of every
// model, a sigmoid of one output and a softmax of several (core/src/infer.rs).
func (q *teiRequest) function(r classify.Result) function {
	switch {
	case q.Raw:
		return none
	case r.Labels != nil:
		return byTask
	case len(r.Logits) == 1:
		return sigmoid
	}
	return softmax
}

// texts are the inputs, and whether they are a batch: a string or two in a list are a single text and a pair.
func (q *teiRequest) texts() (texts []classify.Text, batch bool, err error) {
	const forms = "the inputs have to be a string, a pair of strings [string, string], or a batch [[string], [string, string], …]"
	switch q.Inputs.Kind() {
	case '"':
		t, err := textAt(q.Inputs, "inputs")
		return classify.Texts(string(t)), false, err
	case '[':
	default:
		return nil, false, inputError("inputs", forms)
	}
	elements, err := list(q.Inputs)
	if err != nil {
		return nil, false, err
	}
	if len(elements) == 0 {
		return nil, false, &Problem{Status: http.StatusBadRequest, Code: "empty", Message: "`inputs` cannot be empty", Field: "inputs"}
	}
	if elements[0].Kind() != '[' {
		t, err := sequence(elements, "inputs")
		return []classify.Text{t}, false, err
	}
	for i, v := range elements {
		field := fmt.Sprintf("inputs/%d", i)
		if v.Kind() != '[' {
			return nil, false, inputError(field, forms)
		}
		parts, err := list(v)
		if err != nil {
			return nil, false, err
		}
		t, err := sequence(parts, field)
		if err != nil {
			return nil, false, err
		}
		texts = append(texts, t)
	}
	return texts, true, nil
}

// sequence is a text of one or two strings.
func sequence(parts []jsontext.Value, field string) (t classify.Text, err error) {
	if n := len(parts); n < 1 || n > 2 {
		return t, inputError(field, fmt.Sprintf("here are %d strings, and it has to be one, or two of a pair; texts of a batch stand in a list each", n))
	}
	for i, v := range parts {
		part, err := textAt(v, fmt.Sprintf("%s/%d", field, i))
		if err != nil {
			return t, err
		}
		if i == 0 {
			t.Text = string(part)
		} else {
			t.Pair = (*string)(&part)
		}
	}
	return t, nil
}
