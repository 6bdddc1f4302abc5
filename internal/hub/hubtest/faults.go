package hubtest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// faults decides what goes wrong.
type faults struct {
	s      *Server
	mu     sync.Mutex
	random *rand.Rand
	left   map[string]int // by method and file: faults to come
	flips  map[string]int // by file: answers with a wrong byte so far, two at most
	seen   map[string]int // by kind
}

// Faulty makes two of three requests fail, by lot, up to four times a file: connections that
// drop, wrong lengths, wrong bytes, wrong ranges, 429, 503, and redirects. Seen tells how often each.
func (s *Server) Faulty(seed uint64) (seen func() map[string]int) {
	f := &faults{s: s, random: rand.New(rand.NewPCG(seed, 11)), left: map[string]int{}, flips: map[string]int{}, seen: map[string]int{}}
	s.Before = f.serve
	return func() map[string]int { return f.seen }
}

// draw is the kind of fault for a request, "" for none.
func (f *faults) draw(r *http.Request, body bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := r.Method + path.Base(r.URL.Path)
	if _, known := f.left[key]; !known {
		f.left[key] = 4
	}
	if f.left[key] == 0 || f.random.IntN(3) == 0 {
		return ""
	}
	kinds := []string{"429", "503", "hang up", "redirect"}
	if body {
		kinds = append(kinds, "drop", "drop", "longer", "more", "shorter", "flip", "flip", "no range", "wrong range", "empty", "elsewhere")
	}
	kind := kinds[f.random.IntN(len(kinds))]
	if kind == "redirect" && r.URL.Query().Has("again") || kind == "flip" && f.flips[path.Base(r.URL.Path)] == 2 {
		return ""
	}
	if kind == "flip" {
		f.flips[path.Base(r.URL.Path)]++
	}
	f.left[key]--
	f.seen[kind]++
	return kind
}

func (f *faults) serve(w http.ResponseWriter, r *http.Request) bool {
	content := f.s.content(r.URL.Path)
	switch kind := f.draw(r, content != nil && r.Method == http.MethodGet); kind {
	case "":
		return false
	case "429":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "hang up":
		panic(http.ErrAbortHandler)
	case "redirect": // within the host
		http.Redirect(w, r, r.URL.Path+"?again", http.StatusTemporaryRedirect)
	case "elsewhere":
		http.Redirect(w, r, f.s.CDN+r.URL.Path, http.StatusFound)
	default:
		spoil(w, r, kind, content)
	}
	return true
}

// spoil answers with content, but not as it should be.
func spoil(w http.ResponseWriter, r *http.Request, kind string, content []byte) {
	from, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-"))
	from = min(max(0, from), len(content))
	rest := append([]byte(nil), content[from:]...)
	length, start, abort := len(rest), from, false
	switch kind {
	case "drop":
		rest, abort = rest[:len(rest)/2], true
	case "longer": // than what comes
		length, abort = length+100, true
	case "more": // than the file has
		rest = append(rest, "surplus"...)
		length = len(rest)
	case "shorter":
		rest = rest[:len(rest)/3]
		length = len(rest)
	case "flip":
		if len(rest) > 0 {
			rest[len(rest)/2] ^= 1
		}
	case "no range":
		rest, from = content, 0
		length = len(rest)
	case "wrong range":
		start = from + 3
	case "empty":
		rest, length = nil, 0
	}
	w.Header().Set("Content-Length", fmt.Sprint(length))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(content)-1, len(content)))
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(rest)
	if abort {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// content is the file that a path of either host is about, nil if none.
func (s *Server) content(path string) (content []byte) {
	s.change(func() {
		for key, repo := range s.repos {
			short := strings.TrimPrefix(key, "models/")
			name, ok := strings.CutPrefix(path, "/"+short+"/resolve/"+Commit+"/")
			if !ok {
				name, ok = strings.CutPrefix(path, "/"+key+"/")
			}
			if !ok {
				name, ok = strings.CutPrefix(path, "/"+short+"/resolve/")
			}
			if c, there := repo.files[name]; ok && there {
				content = c
			}
		}
	})
	return content
}
