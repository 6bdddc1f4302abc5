package serve

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/classify"
)

// pipelineRequest is the body of POST / and POST /pipeline: what Hugging Face's Inference API and Inference Endpoints take for
// the task text-classification.
type pipelineRequest struct {
	Inputs     jsontext.Value     `json:"inputs"` // a string, {"text", "text_pair"}, or a list of these
	Parameters pipelineParameters `json:"parameters"`
	Options    pipelineOptions    `json:"options"`
}

// pipelineParameters are arguments of Transformers' TextClassificationPipeline.
type pipelineParameters struct {
	TopK       topK     `json:"top_k"`
	Function   function `json:"function_to_apply"`
	Truncation *bool    `json:"truncation"` // false: a text that is too long is an error
}

// pipelineOptions are read, and change nothing: there is no cache, and the model is loaded.
type pipelineOptions struct {
	UseCache     bool `json:"use_cache"`
	WaitForModel bool `json:"wait_for_model"`
}

// topK is how many labels are told; null stands for all.
type topK struct {
	given bool
	k     int // 0: all
}

// UnmarshalJSON reads a number or null.
func (t *topK) UnmarshalJSON(b []byte) error {
	t.given = true
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &t.k); err != nil || t.k < 1 {
		return inputError("", fmt.Sprintf("top_k is %.40s, and has to be a number from 1, or null for all labels", b))
	}
	return nil
}

// cut leaves the first labels.
func (t topK) cut(list []prediction) []prediction {
	if t.k > 0 && t.k < len(list) {
		return list[:t.k]
	}
	return list
}

// hosted answers POST / as the Inference API does, by which huggingface_hub's InferenceClient and huggingface.js read it: a list of
// labels for each text, all of them unless top_k says how many, and one text gives a list of one list.
func (s *Server) hosted(w http.ResponseWriter, r *http.Request) error {
	q, lists, _, err := s.pipe(r)
	if err != nil {
		return err
	}
	for i := range lists {
		lists[i] = q.Parameters.TopK.cut(lists[i])
	}
	write(w, http.StatusOK, lists)
	return nil
}

// pipeline answers POST /pipeline as Transformers' TextClassificationPipeline and an Inference Endpoint around it do: without top_k the best
// label of each text, and with it a list of labels; one text by itself has its labels in a list alone.
func (s *Server) pipeline(w http.ResponseWriter, r *http.Request) error {
	q, lists, single, err := s.pipe(r)
	if err != nil {
		return err
	}
	best := []prediction{}
	for i, list := range lists {
		best = append(best, list[0])
		lists[i] = q.Parameters.TopK.cut(list)
	}
	switch {
	case !q.Parameters.TopK.given && single && q.Inputs.Kind() == '{': // the one case without a list
		write(w, http.StatusOK, best[0])
	case !q.Parameters.TopK.given:
		write(w, http.StatusOK, best)
	case single:
		write(w, http.StatusOK, lists[0])
	default:
		write(w, http.StatusOK, lists)
	}
	return nil
}

// pipe classifies the texts of a pipeline's request: all labels of each, the most probable first.
func (s *Server) pipe(r *http.Request) (q pipelineRequest, lists [][]prediction, single bool, err error) {
	options, err := target(r)
	if err != nil {
		return q, nil, false, err
	}
	if err := s.decode(r, &q); err != nil {
		return q, nil, false, err
	}
	switch f := q.Parameters.Function; f {
	case byTask, none, softmax, sigmoid:
	default:
		return q, nil, false, inputError("parameters/function_to_apply", fmt.Sprintf("it is %.20q, and has to be softmax, sigmoid or none", f))
	}
	texts, single, err := q.texts()
	if err != nil {
		return q, nil, false, err
	}
	results, err := s.ask(r.Context(), texts, options...)
	if err != nil {
		return q, nil, false, err
	}
	if err := firstError(s, results); err != nil {
		return q, nil, false, err
	}
	if cut := q.Parameters.Truncation; cut != nil && !*cut {
		if err := tooLong(results); err != nil {
			return q, nil, false, err
		}
	}
	lists = make([][]prediction, len(results))
	for i, x := range results {
		lists[i] = s.predictions(x, q.Parameters.Function)
	}
	return q, lists, single, nil
}

// texts are the inputs, and whether they are one text by itself.
func (q *pipelineRequest) texts() (texts []classify.Text, single bool, err error) {
	if q.Inputs.Kind() != '[' {
		t, err := pipelineText(q.Inputs, "inputs")
		return []classify.Text{t}, true, err
	}
	elements, err := list(q.Inputs)
	if err != nil {
		return nil, false, err
	}
	for i, v := range elements {
		t, err := pipelineText(v, fmt.Sprintf("inputs/%d", i))
		if err != nil {
			return nil, false, err
		}
		texts = append(texts, t)
	}
	return texts, false, nil
}

// pipelineText is a string, or an object with a text and perhaps a second one.
func pipelineText(v jsontext.Value, field string) (t classify.Text, err error) {
	var object struct {
		Text *text `json:"text"`
		Pair *text `json:"text_pair"`
	}
	switch v.Kind() {
	case '"':
		first, err := textAt(v, field)
		return classify.Text{Text: string(first)}, err
	case '{':
		if err := json.Unmarshal(v, &object, json.RejectUnknownMembers(true)); err != nil || object.Text == nil {
			return t, inputError(field, `an object has to have a string "text", perhaps a string "text_pair", and nothing else`)
		}
		return classify.Text{Text: string(*object.Text), Pair: (*string)(object.Pair)}, nil
	}
	return t, inputError(field, `a text is a string, or an object with "text" and "text_pair"; the inputs are one or a list of them`)
}
