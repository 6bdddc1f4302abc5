package serve

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/fault"
)

// info is an adapter as JSON.
type info struct {
	Name       string   `json:"name"`
	Task       string   `json:"task,omitzero"`
	Kind       string   `json:"kind"`
	Labels     []string `json:"labels"`
	Pair       bool     `json:"pair"`
	Rank       int      `json:"rank"`
	Default    int      `json:"default_rank"`
	Auto       int      `json:"auto_rank,omitzero"`
	MaxLength  int      `json:"max_length"`
	Parameters int      `json:"parameters"`
}

func infoOf(i classify.Info) info {
	x := info{i.Name, i.Task, i.Kind, i.Labels, i.Pair, i.Rank, i.Default, i.Auto, i.MaxLength, i.Parameters}
	if x.Labels == nil {
		x.Labels = []string{}
	}
	return x
}

// adapters answers GET /v1/adapters.
func (s *Server) adapters(w http.ResponseWriter, _ *http.Request) error {
	list := []info{}
	for _, i := range s.classifier.Adapters() {
		list = append(list, infoOf(i))
	}
	write(w, http.StatusOK, map[string][]info{"adapters": list})
	return nil
}

// adapter answers GET /v1/adapters/{name}.
func (s *Server) adapter(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	for _, i := range s.classifier.Adapters() {
		if i.Name == name {
			write(w, http.StatusOK, infoOf(i))
			return nil
		}
	}
	return &classify.Error{Code: classify.CodeNoAdapter, Adapter: name, Err: fmt.Errorf("no adapter %.80q is loaded", name)}
}

// loadRequest is the body of PUT /v1/adapters/{name}.
type loadRequest struct {
	Folder  string `json:"folder"` // "": as the name
	Default rank   `json:"default_rank"`
}

// folderName is what a request may name a folder: one element of a path, and nothing hidden.
var folderName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$`)

// load answers PUT /v1/adapters/{name}: the adapter of a folder in Options.Adapters.
func (s *Server) load(w http.ResponseWriter, r *http.Request) error {
	var q loadRequest
	if r.ContentLength != 0 { // without a body: the folder of the name, at its largest rank
		if err := s.decode(r, &q); err != nil {
			return err
		}
	}
	name := r.PathValue("name")
	if !folderName.MatchString(name) {
		return &Problem{Status: http.StatusBadRequest, Code: "name", Message: "the name of an adapter has up to 64 letters, digits, dots, dashes and underscores, and begins with none of the dots and dashes", Field: "name"}
	}
	if q.Folder == "" {
		q.Folder = name
	}
	path, err := s.folder(q.Folder)
	if err != nil {
		return err
	}
	i, err := s.classifier.Load(r.Context(), name, path, int(q.Default))
	if err != nil {
		return s.loading(err)
	}
	write(w, http.StatusCreated, infoOf(i))
	return nil
}

// folder is the path of a folder that may be loaded. Symbolic links that lead out of Options.Adapters are refused, as os.Root does.
func (s *Server) folder(name string) (string, error) {
	if s.options.Adapters == "" {
		return "", &Problem{Status: http.StatusForbidden, Code: "fixed", Message: "the adapters of this server are those that it was started with"}
	}
	if !folderName.MatchString(name) {
		return "", &Problem{Status: http.StatusBadRequest, Code: "name", Message: "the folder is one name of up to 64 letters, digits, dots, dashes and underscores, and no path", Field: "folder"}
	}
	root, err := os.OpenRoot(s.options.Adapters)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }() // it was only read
	below, err := root.OpenRoot(name)
	if err != nil {
		return "", &Problem{Status: http.StatusNotFound, Code: "no_folder", Message: fmt.Sprintf("there is no folder %q among the adapters", name), Field: "folder"}
	}
	return filepath.Join(s.options.Adapters, name), below.Close()
}

// loading is an error of loading as the client may see it: without the paths of this machine, which are nobody's business.
func (s *Server) loading(err error) error {
	var c *classify.Error
	if !errors.As(err, &c) {
		return err
	}
	switch c.Code {
	case classify.CodeAdapter:
		s.note(err)
		return &Problem{Status: http.StatusUnprocessableEntity, Code: string(c.Code), Message: "the folder holds no adapter that can be used; the server's log says why"}
	case classify.CodeRank:
		p := s.problem(err)
		p.Field = "default_rank"
		return p
	}
	return err
}

// unload answers DELETE /v1/adapters/{name}, when the requests before it are answered.
func (s *Server) unload(w http.ResponseWriter, r *http.Request) error {
	if s.options.Adapters == "" {
		return &Problem{Status: http.StatusForbidden, Code: "fixed", Message: "the adapters of this server are those that it was started with"}
	}
	if err := s.classifier.Unload(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// checkFolder refuses a folder of adapters that is none.
func checkFolder(path string) error {
	if path == "" {
		return nil
	}
	if i, err := os.Stat(path); err != nil || !i.IsDir() {
		return fault.Usagef("adapters: %s is no folder", path)
	}
	return nil
}
