package track

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// served begins the address of files that the server itself keeps; those on other storage need its own client.
const served = "mlflow-artifacts:"

// results are the files and folders of a run folder that are sent: the settings, the adapter with its card, the report.
func results() []string {
	return []string{"config.yaml", resultName, "report.html", "adapter"}
}

// sendFiles sends the results that the server lacks.
func (s *sender) sendFiles(ctx context.Context) error {
	if s.state.Files["*"] {
		return nil
	}
	u, err := url.Parse(s.state.Artifacts)
	if err != nil || !strings.HasPrefix(s.state.Artifacts, served) {
		s.o.Say("tracking: the files of the run are left out: the server keeps them outside (" + s.state.Artifacts + "), where its own clients write; it would have to serve them")
		s.state.Files["*"] = true
		return s.save()
	}
	for _, name := range results() {
		err := filepath.WalkDir(filepath.Join(s.run.Dir, name), func(file string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			rel, err := filepath.Rel(s.run.Dir, file)
			if err != nil || s.state.Files[filepath.ToSlash(rel)] {
				return err
			}
			return s.sendFile(ctx, u.Path, file, filepath.ToSlash(rel))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sendFile sends one, and remembers it. One that the server refuses is told and left out.
func (s *sender) sendFile(ctx context.Context, root, file, rel string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	u := s.client.base.JoinPath("api/2.0/mlflow-artifacts/artifacts", path.Join("/", root, rel))
	err = s.client.do(ctx, "PUT", u, "application/octet-stream", beating{f, s.pulse}, info.Size(), nil)
	var no *refused
	if errors.As(err, &no) {
		s.o.Say("tracking: the server does not take the file " + rel + ", which is left out: " + no.Error())
	} else if err != nil {
		return err
	}
	s.state.Files[rel] = true
	return s.save()
}
