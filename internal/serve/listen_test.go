package serve

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// free listens at an address and stops at once.
func free(t *testing.T, a address, secured bool) (string, error) {
	t.Helper()
	list, err := a.listen(context.Background(), secured)
	at := ""
	for _, l := range list {
		at = addressOf(l, false)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	return at, err
}

func TestListen(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, tt := range []struct {
		address
		secured bool
		at      string // that the address begins with; "": refused
		reason  fault.Reason
	}{
		{address{Listen: "127.0.0.1:0"}, false, "http://127.0.0.1:", ""},
		{address{Listen: "localhost:0"}, false, "http://", ""},
		{address{Listen: ":0"}, false, "", Exposed},
		{address{Listen: "0.0.0.0:0"}, false, "", Exposed},
		{address{Listen: "[::]:0"}, false, "", Exposed},
		{address{Listen: "192.0.2.1:80"}, false, "", Exposed},
		{address{Listen: "0.0.0.0:0"}, true, "http://", ""},
		{address{Listen: "0.0.0.0:0", Remote: true}, false, "http://", ""},
		{address{Listen: busy.Addr().String()}, false, "", AddressBusy},
		{address{Listen: "127.0.0.1"}, false, "", ""},
		{address{Listen: "127.0.0.1:99999"}, false, "", ""},
		{address{Listen: ""}, false, "", ""},
		{address{Listen: "unix:"}, false, "", ""},
		{address{Listen: "unix:@abstract"}, false, "", ""},
		{address{Listen: "unix:" + filepath.Join(t.TempDir(), "nothing", "socket")}, false, "", ""},
		{address{Listen: "systemd"}, false, "", NotHanded},
	} {
		at, err := free(t, tt.address, tt.secured)
		if tt.at == "" && (err == nil || fault.ReasonOf(err) != tt.reason) || tt.at != "" && (err != nil || !strings.HasPrefix(at, tt.at)) {
			t.Errorf("%+v: %q, %v (%q)", tt.address, at, err, fault.ReasonOf(err))
		}
	}
}

// TestUnixSocket: a socket is for its owner, is removed at the end, replaces one that a process has left, and nothing else.
func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	a := address{Listen: "unix:" + path, Mode: 0o600}
	list, err := a.listen(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := free(t, a, false); fault.ReasonOf(err) != AddressBusy {
		t.Errorf("a second one: %v", err)
	}
	list[0].(*net.UnixListener).SetUnlinkOnClose(false) // as if the process was killed
	if err := list[0].Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
	if at, err := free(t, a, false); err != nil || at != "unix:"+path {
		t.Errorf("over one that was left: %s %v", at, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it stays: %v", err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = free(t, a, false)
	if b, _ := os.ReadFile(path); err == nil || string(b) != "precious" {
		t.Errorf("over a file: %v, which holds %q", err, b)
	}
}

func TestParseMode(t *testing.T) {
	for text, want := range map[string]fs.FileMode{"": 0o600, "0600": 0o600, "660": 0o660, "0666": 0o666, "0777": 0o777, "0060": 0, "1777": 0, "8": 0, "-1": 0, "rw": 0} {
		if got, err := parseMode(text); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %o, %v", text, got, err)
		}
	}
}

func TestReadToken(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		text, want string
		mode       fs.FileMode
		reason     fault.Reason
	}{
		"a line":          {"0123456789abcdef\n", "0123456789abcdef", 0o600, ""},
		"without its end": {"0123456789abcdef", "0123456789abcdef", 0o400, ""},
		"of Windows":      {"0123456789abcdef\r\n", "0123456789abcdef", 0o640, ""},
		"of all":          {"0123456789abcdef\n", "", 0o644, OpenSecret},
		"that all write":  {"0123456789abcdef\n", "", 0o602, OpenSecret},
		"short":           {"0123456789abcde\n", "", 0o600, ""},
		"empty":           {"", "", 0o600, ""},
		"long":            {strings.Repeat("a", 4097), "", 0o600, ""},
		"very long":       {strings.Repeat("a", 1<<20), "", 0o600, ""},
		"two lines":       {"0123456789abcdef\n0123456789abcdef\n", "", 0o600, ""},
		"a space":         {"0123456789 abcdef\n", "", 0o600, ""},
		"no ASCII":        {"0123456789abcdefü\n", "", 0o600, ""},
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(tt.text), 0o600), os.Chmod(path, tt.mode)); err != nil {
			t.Fatal(err)
		}
		got, err := readToken(path)
		if got != tt.want || (err == nil) != (tt.want != "") || fault.ReasonOf(err) != tt.reason {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "0123456789") {
			t.Errorf("%s: the message tells the token: %v", name, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "nothing")} {
		if _, err := readToken(path); fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, err := readToken(""); got != "" || err != nil {
		t.Errorf("without a file: %q %v", got, err)
	}
}
