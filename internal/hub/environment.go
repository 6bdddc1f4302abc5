package hub

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// publicEndpoint is the Hub itself.
const publicEndpoint = "https://huggingface.co"

// New is a client set up by the variables that huggingface_hub reads: HF_ENDPOINT,
// HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE and their
// older names. An empty variable counts as unset. A wrong one is a Usage error.
func New(getenv func(string) string) (*Client, error) {
	first := func(names ...string) string {
		for _, n := range names {
			if v := getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	c := &Client{Offline: isTrue(first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")), noLinks: isTrue(getenv("HF_HUB_DISABLE_SYMLINKS"))}
	var err error
	if c.endpoint, err = parseEndpoint(first("HF_ENDPOINT")); err != nil {
		return nil, err
	}
	home := expand(getenv, getenv("HF_HOME"))
	if home == "" {
		home = filepath.Join(CacheHome(getenv), "huggingface")
	}
	if c.cache = expand(getenv, first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")); c.cache == "" {
		c.cache = filepath.Join(home, "hub")
	}
	if isTrue(getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return c, nil
	}
	file := expand(getenv, getenv("HF_TOKEN_PATH"))
	if file == "" {
		file = filepath.Join(home, "token")
	}
	err = c.readToken(first("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"), file)
	return c, err
}

// CacheHome is the folder of all caches: XDG_CACHE_HOME, or ~/.cache.
func CacheHome(getenv func(string) string) string {
	if x := getenv("XDG_CACHE_HOME"); x != "" {
		return x
	}
	return filepath.Join(homeDir(getenv), ".cache")
}

func homeDir(getenv func(string) string) string {
	if h := getenv("HOME"); h != "" {
		return h
	}
	return getenv("USERPROFILE")
}

// expand replaces a leading ~ and variables, as huggingface_hub does.
func expand(getenv func(string) string, path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		path = homeDir(getenv) + path[1:]
	}
	return os.Expand(path, getenv)
}

func isTrue(v string) bool {
	return slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(v))
}

func parseEndpoint(text string) (*url.URL, error) {
	if text == "" {
		text = publicEndpoint
	}
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.Usagef("HF_ENDPOINT: want an address such as %s, without a user or a query", publicEndpoint)
	}
	return u, nil
}

// readToken takes the token of the variable, else of the file. No message shows it.
func (c *Client) readToken(variable, file string) error {
	token, from := variable, "HF_TOKEN"
	if token == "" {
		b, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fault.Usagef("token file: %w", err)
		}
		token, from = string(b), file
	}
	token = strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(token))
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return fault.Usagef("%s: the token has characters that no token has", from)
		}
	}
	c.token, c.tokenFrom = token, from
	return nil
}
