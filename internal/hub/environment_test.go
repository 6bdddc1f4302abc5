package hub

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestNew(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("hf_file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type env map[string]string
	tests := []struct {
		name            string
		env             env
		cache, endpoint string
		token, from     string
		offline         bool
	}{
		{name: "nothing set", env: env{"HOME": "/h"}, cache: "/h/.cache/huggingface/hub"},
		{name: "XDG", env: env{"HOME": "/h", "XDG_CACHE_HOME": "/x"}, cache: "/x/huggingface/hub"},
		{name: "HF_HOME", env: env{"HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "~/hf"}, cache: "/h/hf/hub"},
		{name: "HF_HUB_CACHE", env: env{"HOME": "/h", "HF_HOME": "/hf", "HF_HUB_CACHE": "$HOME/c"}, cache: "/h/c"},
		{name: "old name", env: env{"HUGGINGFACE_HUB_CACHE": "/old"}, cache: "/old"},
		{name: "endpoint", env: env{"HF_HOME": "/hf", "HF_ENDPOINT": "https://mirror.example/hub/"}, cache: "/hf/hub", endpoint: "https://mirror.example/hub"},
		{name: "token", env: env{"HF_HOME": dir, "HF_TOKEN": " hf_env\n"}, cache: dir + "/hub", token: "hf_env", from: "HF_TOKEN"},
		{name: "old token", env: env{"HF_HOME": dir, "HUGGING_FACE_HUB_TOKEN": "hf_env"}, cache: dir + "/hub", token: "hf_env", from: "HF_TOKEN"},
		{name: "token of HF_HOME", env: env{"HF_HOME": dir}, cache: dir + "/hub", token: "hf_file", from: file},
		{name: "token file", env: env{"HF_HOME": "/hf", "HF_TOKEN_PATH": file}, cache: "/hf/hub", token: "hf_file", from: file},
		{name: "no implicit token", env: env{"HF_HOME": dir, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "yes"}, cache: dir + "/hub"},
		{name: "offline", env: env{"HF_HOME": "/hf", "HF_HUB_OFFLINE": "1"}, cache: "/hf/hub", offline: true},
		{name: "offline, old name", env: env{"HF_HOME": "/hf", "TRANSFORMERS_OFFLINE": "true"}, cache: "/hf/hub", offline: true},
		{name: "not offline", env: env{"HF_HOME": "/hf", "HF_HUB_OFFLINE": "0"}, cache: "/hf/hub"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(func(name string) string { return tt.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			if tt.endpoint == "" {
				tt.endpoint = "https://huggingface.co"
			}
			if c.Cache() != tt.cache || c.endpoint.String() != tt.endpoint || c.token != tt.token || c.tokenFrom != tt.from || c.Offline != tt.offline {
				t.Errorf("client %+v at %s", c, c.endpoint)
			}
		})
	}
}

func TestNewErrors(t *testing.T) {
	for _, endpoint := range []string{"huggingface.co", "ftp://x", "https://", "https://user:pw@host", "https://host?x=1", "https://host#x", "://"} {
		_, err := New(func(name string) string { return map[string]string{"HF_ENDPOINT": endpoint}[name] })
		checkError(t, err, fault.Usage, "HF_ENDPOINT")
	}
	_, err := New(func(name string) string { return map[string]string{"HF_TOKEN": "hf_secret\x01"}[name] })
	checkError(t, err, fault.Usage, "HF_TOKEN: the token has characters")
	_, err = New(func(name string) string { return map[string]string{"HF_TOKEN_PATH": t.TempDir()}[name] })
	checkError(t, err, fault.Usage, "token file: ")
}
