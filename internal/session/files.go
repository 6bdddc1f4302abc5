package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/pretrained"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/models"
)

// source is where an encoder's files are.
type source struct {
	name     string // as the user calls it
	hub      bool   // name is one of the Hub
	revision string // of a model of the Hub; "": its main branch
	files    fs.FS
	place    string // of the files, for messages
}

// Check refuses a base model by its configuration; nil is none.
type Check func(*model.Config) error

// findSource finds the files of a base model: built in, in a folder, or on the Hub, from
// which they are downloaded if check lets the configuration pass.
func findSource(ctx context.Context, env *Env, d settings.Data, check Check) (*source, error) {
	if d.Model == settings.BuiltIn {
		return &source{name: d.Model, files: models.Mini(), place: d.Model + " (built in)"}, nil
	}
	info, err := os.Stat(d.Model)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s, err := hubModel(ctx, env, d, check)
		if err != nil {
			return nil, err
		}
		return &source{name: s.Repo.ID, hub: true, revision: s.Repo.Explicit(), files: pretrained.At(s.Dir), place: s.Dir}, nil
	case err != nil:
		return nil, fault.Usagef("model: %w", disk.PathFirst(err, d.Model))
	case !info.IsDir():
		return nil, fault.Usagef("model %s: not a folder: give the one that holds config.json and model.safetensors", d.Model)
	case d.Revision != "":
		return nil, fault.Usagef("revision %q: model %s is a folder: only models of the Hub have revisions", d.Revision, d.Model)
	}
	return &source{name: d.Model, files: pretrained.At(d.Model), place: d.Model}, nil
}

// hubModel finds a model by its name on the Hub in the cache, or downloads it. One that check
// refuses is not downloaded.
func hubModel(ctx context.Context, env *Env, d settings.Data, check Check) (*hub.Snapshot, error) {
	if looksLikePath(d.Model) {
		return nil, fault.Usagef("model %q: no such folder", d.Model)
	}
	repo, err := hub.ParseRepo(hub.Model, d.Model, d.Revision)
	if err != nil {
		return nil, fault.Usagef("model %q is no folder here: %w", d.Model, err)
	}
	c, err := env.Hub(d.Insecure)
	if err != nil {
		return nil, err
	}
	files := hub.ModelFiles(d.AllowPickle)
	if check == nil {
		return c.Snapshot(ctx, repo, files)
	}
	var refused error // by check, whatever the Hub makes of it
	s, err := c.Snapshot(ctx, repo, func(v hub.View) ([]string, error) {
		names, err := files(v)
		if err != nil {
			return nil, err
		}
		text, err := v.Read("config.json")
		if err != nil {
			return nil, err
		}
		config, err := model.ParseConfig(path.Join(d.Model, "config.json"), text)
		if err == nil {
			err = check(config)
		}
		refused = err
		return names, err
	})
	if refused != nil {
		return nil, refused
	}
	return s, err
}

// looksLikePath says whether a name can only mean a place on this machine.
func looksLikePath(name string) bool {
	return filepath.IsAbs(name) || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, "/") ||
		strings.ContainsRune(name, '\\') || strings.Count(name, "/") > 1 && !strings.Contains(name, "@")
}

func isFile(elem ...string) bool {
	info, err := os.Stat(filepath.Join(elem...))
	return err == nil && info.Mode().IsRegular()
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
