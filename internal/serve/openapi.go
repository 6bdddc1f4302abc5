package serve

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var openAPIText []byte

// openAPIDocument is the document as JSON, which needs no parser of YAML where it is read.
var openAPIDocument = sync.OnceValues(func() ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPIText, &document); err != nil {
		return nil, err
	}
	return json.Marshal(document, json.Deterministic(true))
})

// openAPI answers GET /openapi.json with the description of all routes for programs. It holds nothing of the server, so that
// it needs no token.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	b, err := openAPIDocument()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(b)
	return err
}
