package cluster

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"
)

// Mount is where the volume with the plan, the data and the run folders is in a pod. The Indexed Job has a pod for each training, and
// three more after failures that may pass. Exit codes 2 and 3, of a training that is refused, fail its index at once, and no other
// one. A pod that is evicted, or whose node is lost, does not count.
func (*Array) Mount() string { return "/work" }

// Parallel is the number of pods at a time.
func (a *Array) Parallel() int {
	if a.AtOnce == 0 {
		return a.Count
	}
	return min(a.AtOnce, a.Count)
}

// PlanInPod is the plan's path in the working folder: its own where it is below, else its name. What follows a dollar and a
// parenthesis in the arguments of a container is replaced by Kubernetes, and two dollars are one.
func (a *Array) PlanInPod() string {
	rel, err := filepath.Rel(a.Folder, a.Plan)
	if err != nil || !filepath.IsLocal(rel) {
		rel = filepath.Base(a.Plan)
	}
	return strings.ReplaceAll(path.Join(a.Mount(), filepath.ToSlash(rel)), "$", "$$")
}

// text is a scalar of YAML: a text of JSON is one.
func text(s string) string {
	b, _ := json.Marshal(s) // of a string it cannot fail
	return string(b)
}
