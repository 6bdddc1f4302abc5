package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/classify"
)

// predictRequest is the body of POST /v1/predict. One of Text, Texts, Pairs and Items is there.
type predictRequest struct {
	Text  *text    `json:"text"`
	Texts []text   `json:"texts"`
	Pairs [][]text `json:"pairs"` // of two texts each
	Items []item   `json:"items"` // each with an adapter and a rank of its own

	Adapter   string   `json:"adapter"` // "": the only one
	Rank      rank     `json:"rank"`
	TopK      *int     `json:"top_k"`
	Threshold *float64 `json:"threshold"`
	Unsure    string   `json:"unsure"`
}

// item is a text, or a pair, that is asked for by itself.
type item struct {
	Text    *text  `json:"text"`
	Pair    *text  `json:"pair"` // the second text
	Adapter string `json:"adapter"`
	Rank    rank   `json:"rank"`
}

// text is a string, and not null, which package json would take for "".
type text string

// UnmarshalJSON reads a string.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '"' {
		return &Problem{Status: http.StatusBadRequest, Code: "field", Message: fmt.Sprintf("here is %.40s, and it has to be a string", b)}
	}
	var s string
	err := json.Unmarshal(b, &s)
	*t = text(s)
	return err
}

// rank is a number from 1, or "auto"; 0 is none.
type rank int

// UnmarshalJSON reads a number or "auto".
func (r *rank) UnmarshalJSON(b []byte) error {
	n := 0
	switch err := json.Unmarshal(b, &n); {
	case string(b) == `"auto"`:
		*r = classify.AutoRank
	case err != nil || n < 1:
		return &Problem{Status: http.StatusBadRequest, Code: "rank", Message: fmt.Sprintf("the rank is %.40s, and has to be a number from 1 to the adapter's largest, or \"auto\"", b)}
	default:
		*r = rank(n)
	}
	return nil
}

// texts are those of a request, and whether it asks for one alone.
func (q *predictRequest) texts() (texts []classify.Text, single bool, err error) {
	given := 0
	for _, there := range []bool{q.Text != nil, q.Texts != nil, q.Pairs != nil, q.Items != nil} {
		if there {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, false, &Problem{Status: http.StatusBadRequest, Code: "field", Message: `one of "text", "texts", "pairs" and "items" has to be there`, Field: "text"}
	case q.Items != nil && (q.Adapter != "" || q.Rank != 0):
		return nil, false, &Problem{Status: http.StatusBadRequest, Code: "field", Message: `with "items" the adapter and the rank stand in each item`, Field: "items"}
	case q.Text != nil:
		return classify.Texts(string(*q.Text)), true, nil
	}
	for _, t := range q.Texts {
		texts = append(texts, classify.Text{Text: string(t)})
	}
	for i, p := range q.Pairs {
		if len(p) != 2 {
			return nil, false, &Problem{Status: http.StatusBadRequest, Code: "field", Message: fmt.Sprintf("a pair is two texts, and here are %d", len(p)), Field: fmt.Sprintf("pairs/%d", i)}
		}
		texts = append(texts, classify.Pair(string(p[0]), string(p[1])))
	}
	for i, x := range q.Items {
		if x.Text == nil {
			return nil, false, &Problem{Status: http.StatusBadRequest, Code: "field", Message: `an item has to have a "text"`, Field: fmt.Sprintf("items/%d/text", i)}
		}
		texts = append(texts, classify.Text{Text: string(*x.Text), Pair: (*string)(x.Pair)})
	}
	return texts, false, nil
}

// options are those of the request.
func (q *predictRequest) options() (list []classify.Option, err error) {
	if q.Items != nil {
		list = append(list, classify.WithEach(func(i int) (string, int) { return q.Items[i].Adapter, int(q.Items[i].Rank) }))
	} else if q.Adapter != "" {
		list = append(list, classify.WithAdapter(q.Adapter))
	}
	if q.Rank != 0 {
		list = append(list, classify.WithRank(int(q.Rank)))
	}
	if q.TopK != nil {
		list = append(list, classify.WithTopK(*q.TopK))
	}
	switch {
	case q.Threshold != nil:
		list = append(list, classify.WithThreshold(*q.Threshold, q.Unsure))
	case q.Unsure != "":
		return nil, &Problem{Status: http.StatusBadRequest, Code: "field", Message: `"unsure" is the answer below a threshold, and there is no "threshold"`, Field: "unsure"}
	}
	return list, nil
}

// placed gives an error the field of the request that it is about, where it has none, or one of an item.
func (s *Server) placed(q *predictRequest, err error) error {
	var p *Problem
	var c *classify.Error
	if !errors.As(err, &p) && !errors.As(err, &c) {
		return err
	}
	switch p = s.problem(err); {
	case p.text > 0 && q.Text == nil:
		p.Field = fmt.Sprintf("%s/%d", q.list(), p.text-1)
	case p.text > 0 || p.Code == "too_many_texts" || p.Code == string(classify.CodeText):
		p.Field = q.list()
	case p.Field == "adapter" || p.Field == "rank":
		loaded := s.classifier.Adapters()
		if i := slices.IndexFunc(q.Items, func(x item) bool { return !x.sound(loaded) }); i >= 0 {
			p.Field = fmt.Sprintf("items/%d/%s", i, p.Field)
		}
	}
	return p
}

// list is the name of the field with the texts.
func (q *predictRequest) list() string {
	switch {
	case q.Texts != nil:
		return "texts"
	case q.Pairs != nil:
		return "pairs"
	case q.Items != nil:
		return "items"
	}
	return "text"
}

// sound says whether an item names an adapter that is loaded and a rank that it has.
func (x *item) sound(loaded []classify.Info) bool {
	for _, i := range loaded {
		if i.Name == x.Adapter || x.Adapter == "" && len(loaded) == 1 {
			return x.Rank == 0 || int(x.Rank) == classify.AutoRank && i.Auto > 0 || x.Rank > 0 && int(x.Rank) <= i.Rank
		}
	}
	return false
}

// predict answers POST /v1/predict.
func (s *Server) predict(w http.ResponseWriter, r *http.Request) error {
	var q predictRequest
	if err := s.decode(r, &q); err != nil {
		return err
	}
	texts, single, err := q.texts()
	if err != nil {
		return err
	}
	options, err := q.options()
	if err != nil {
		return err
	}
	results, err := s.ask(r.Context(), texts, options...)
	if err == nil && single {
		err = results[0].Err
	}
	if err != nil {
		return s.placed(&q, err)
	}
	list := make([]result, len(results))
	for i, x := range results {
		list[i] = s.resultOf(i, x)
	}
	write(w, http.StatusOK, map[string][]result{"results": list})
	return nil
}

// ask has texts classified within the limits of a request.
func (s *Server) ask(ctx context.Context, texts []classify.Text, options ...classify.Option) ([]classify.Result, error) {
	if n := len(texts); n > s.options.MaxTexts {
		s.counter.Rejected("too_many_texts")
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_many_texts", Message: fmt.Sprintf("%d texts are more than a request may have, %d", n, s.options.MaxTexts)}
	}
	for i, t := range texts {
		n := len(t.Text)
		if t.Pair != nil {
			n += len(*t.Pair)
		}
		if n > s.options.MaxTextBytes {
			s.counter.Rejected("too_large")
			return nil, &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf("text %d has %d bytes, and may have %d", i, n, s.options.MaxTextBytes), text: i + 1}
		}
	}
	results, err := s.classifier.Classify(ctx, texts, options...)
	if err != nil {
		return nil, err
	}
	tokens, truncated := 0, 0
	for _, r := range results {
		tokens += r.Tokens
		if r.Truncated {
			truncated++
		}
	}
	s.pace.add(len(results))
	s.counter.Answered(len(results), tokens, truncated)
	return results, nil
}
