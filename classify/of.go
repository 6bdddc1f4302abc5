package classify

import "github.com/dylora/dylora/internal/session"

// Of is a classifier with the adapter of a session that is open, under the name "": dylora predict answers by it, as it opens
// adapters by settings that Options do not have. Rank 0 is the base model.
func Of(s *session.Session) (*Classifier, error) {
	c := start(Options{MaxTokens: session.EvalTokens})
	m, err := memberOf(s, "", 0)
	if err != nil {
		return nil, err
	}
	m.base = true
	c.changing.Lock()
	defer c.changing.Unlock()
	return c, c.adopt(m)
}
