package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
)

// mount is where the volume with the plan, the data and the run folders is in a pod.
const mount = "/work"

// writeKubernetes writes an Indexed Job: a pod for each training, one more after a failure that may pass. Exit codes 2 and 3, of a
// training that is refused, fail its index at once, and no other one. A pod that is evicted, or whose node is lost, does not count.
func (a *Array) writeKubernetes(w io.Writer) error {
	memory := ""
	if a.Bytes > 0 && a.Seconds > 0 {
		memory = fmt.Sprintf(", memory: %dMi", a.mebibytes())
	}
	_, err := fmt.Fprintf(w, `# %[1]s
# The volume of the claim %[2]s has to hold the plan, and what it names by relative paths: it is the working folder.
apiVersion: batch/v1
kind: Job
metadata:
  name: %[3]s
  labels: {app.kubernetes.io/name: dylora}
spec:
  completionMode: Indexed
  completions: %[4]d
  parallelism: %[5]d
  backoffLimitPerIndex: 3
  maxFailedIndexes: %[4]d
  podReplacementPolicy: Failed
  podFailurePolicy:
    rules:
    - action: FailIndex
      onExitCodes: {containerName: train, operator: In, values: [2, 3]}
    - action: Ignore
      onPodConditions: [{type: DisruptionTarget}]
  template:
    metadata:
      labels: {app.kubernetes.io/name: dylora}
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: %[6]d
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: train
        image: %[7]s
        args: [run, %[8]s, --index, $(JOB_COMPLETION_INDEX)]
        workingDir: %[9]s
        env:
        - {name: HOME, value: %[9]s}
        - {name: XDG_CACHE_HOME, value: %[9]s/.cache}
        - {name: GOMAXPROCS, value: "%[10]d"}
        resources:
          requests: {cpu: "%[10]d"%[11]s}
          limits: {cpu: "%[10]d"%[11]s}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        volumeMounts:
        - {name: work, mountPath: %[9]s}
        - {name: tmp, mountPath: /tmp}
      volumes:
      - name: work
        persistentVolumeClaim: {claimName: %[12]s}
      - name: tmp
        emptyDir: {}
`, a.asked(), a.Claim, a.name(), a.Count, a.parallel(), signalSeconds, text(a.Image), text(a.planInPod()), mount, a.CPUs, memory, text(a.Claim))
	return err
}

// parallel is the number of pods at a time.
func (a *Array) parallel() int {
	if a.AtOnce == 0 {
		return a.Count
	}
	return min(a.AtOnce, a.Count)
}

// planInPod is the plan's path in the working folder: its own where it is below, else its name.
func (a *Array) planInPod() string {
	rel, err := filepath.Rel(a.Folder, a.Plan)
	if err != nil || !filepath.IsLocal(rel) {
		rel = filepath.Base(a.Plan)
	}
	// What follows a dollar and a parenthesis in args is replaced by Kubernetes; two dollars are one.
	return strings.ReplaceAll(path.Join(mount, filepath.ToSlash(rel)), "$", "$$")
}

// text is a scalar of YAML: a text of JSON is one.
func text(s string) string {
	b, _ := json.Marshal(s) // of a string it cannot fail
	return string(b)
}
