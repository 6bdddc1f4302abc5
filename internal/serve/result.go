package serve

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/classify"
)

// result is an answer as JSON.
type result struct {
	Index   int    `json:"index"`
	Adapter string `json:"adapter"`
	Rank    int    `json:"rank"`

	Label         string        `json:"label,omitzero"`
	Probability   float64       `json:"probability,omitzero"`
	Labels        []string      `json:"labels,omitzero"` // of a multi-label task: those that hold
	Probabilities probabilities `json:"probabilities,omitzero"`
	Score         *float64      `json:"score,omitzero"`
	Scores        []float64     `json:"scores,omitzero"`
	Tokens        int           `json:"tokens,omitzero"`
	Truncated     bool          `json:"truncated,omitzero"`
	Error         *Problem      `json:"error,omitzero"`
}

// probabilities are an object in their order.
type probabilities []classify.Label

// MarshalJSONTo writes the object.
func (p probabilities) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, l := range p {
		if err := e.WriteToken(jsontext.String(l.Name)); err != nil {
			return err
		}
		if err := e.WriteToken(jsontext.Float(l.Probability)); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// resultOf is the answer to text i.
func (s *Server) resultOf(i int, r classify.Result) result {
	x := result{Index: i, Adapter: r.Adapter, Rank: r.Rank, Label: r.Label, Probability: r.Probability, Probabilities: r.Labels, Tokens: r.Tokens, Truncated: r.Truncated}
	switch {
	case r.Err != nil:
		x.Error = s.problem(r.Err)
	case len(r.Scores) == 1:
		x.Score = &r.Scores[0]
	case len(r.Scores) > 1:
		x.Scores = r.Scores
	case r.Label == "" && r.Labels != nil:
		x.Labels = []string{}
		for _, l := range r.Holding {
			x.Labels = append(x.Labels, l.Name)
		}
	}
	return x
}
