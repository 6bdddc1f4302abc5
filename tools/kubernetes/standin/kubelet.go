package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// kubelet runs what pods would run.
type kubelet struct {
	*server
	o        *options
	attempts map[types.UID]int // number of the attempt of its index, by pod
	count    map[int]int       // attempts by index
	ended    chan end
}

// end is how a pod ended.
type end struct {
	pod   *corev1.Pod
	index int
	code  int
}

func newKubelet(s *server, o *options) *kubelet {
	return &kubelet{server: s, o: o, attempts: map[types.UID]int{}, count: map[int]int{}, ended: make(chan end, 100)}
}

// see looks at a pod: one that is new is run, and those that have ended since are told.
func (k *kubelet) see(ctx context.Context, pod *corev1.Pod) error {
	for len(k.ended) > 0 {
		e := <-k.ended
		fmt.Printf("index %d: its pod ends with %d\n", e.index, e.code)
		if err := k.tell(ctx, e.pod, e.code, nil); err != nil {
			return err
		}
	}
	if k.attempts[pod.UID] > 0 || pod.Status.Phase != corev1.PodPending || pod.DeletionTimestamp != nil {
		return nil
	}
	index, err := strconv.Atoi(pod.Annotations[batchv1.JobCompletionIndexAnnotation])
	if err != nil {
		return fmt.Errorf("pod %s has no index: %w", pod.Name, err)
	}
	k.count[index]++
	k.attempts[pod.UID] = k.count[index]
	fmt.Printf("index %d: pod %s, attempt %d\n", index, pod.Name, k.count[index])
	if index == k.o.evict && k.count[index] == 1 {
		fmt.Printf("index %d: its pod is evicted\n", index)
		return k.tell(ctx, pod, 137, []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI"}})
	}
	c, err := k.command(ctx, pod)
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	if index == k.o.kill && k.count[index] == 1 {
		go k.killSoon(c.Process)
	}
	go func() {
		_ = c.Wait() // the code says how
		code := c.ProcessState.ExitCode()
		if code < 0 { // as a container's is that a signal has ended
			code = 137
		}
		k.ended <- end{pod, index, code}
	}()
	return nil
}

// command is that of the pod's container, with the volume's folder and the variables that Kubernetes would put into its arguments.
func (k *kubelet) command(ctx context.Context, pod *corev1.Pod) (*exec.Cmd, error) {
	c := pod.Spec.Containers[0]
	values := []string{}
	env := os.Environ()
	for _, v := range c.Env {
		value := v.Value
		if v.ValueFrom != nil {
			path := v.ValueFrom.FieldRef.FieldPath
			value = field(pod, path)
			if value == "" {
				return nil, fmt.Errorf("pod %s: variable %s is of %s, which it has not", pod.Name, v.Name, path)
			}
		}
		value = k.local(c.WorkingDir, value)
		values = append(values, "$("+v.Name+")", value)
		env = append(env, v.Name+"="+value)
	}
	args := []string{}
	for _, a := range c.Args {
		args = append(args, k.local(c.WorkingDir, strings.NewReplacer(values...).Replace(a)))
	}
	cmd := exec.CommandContext(ctx, k.o.program, args...)
	cmd.Dir, cmd.Env = k.o.work, env
	log, err := os.OpenFile(filepath.Join(k.o.work, pod.Name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, err
}

// field is the label or annotation of a pod that a path such as metadata.labels['name'] means; "" for anything else.
func field(pod *corev1.Pod, path string) string {
	kind, name, _ := strings.Cut(strings.TrimSuffix(path, "']"), "['")
	switch kind {
	case "metadata.labels":
		return pod.Labels[name]
	case "metadata.annotations":
		return pod.Annotations[name]
	}
	return ""
}

// local is a path of the pods' volume on this machine.
func (k *kubelet) local(mount, path string) string {
	if path == mount || strings.HasPrefix(path, mount+"/") {
		return k.o.work + strings.TrimPrefix(path, mount)
	}
	return path
}

// killSoon kills a process whose training has a checkpoint.
func (k *kubelet) killSoon(p *os.Process) {
	for range 600 {
		found, _ := filepath.Glob(filepath.Join(k.o.work, "runs", "killed", "checkpoints", "*"))
		if len(found) > 0 {
			_ = p.Kill() // it may have ended
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// tell patches a pod's status: how its container ended.
func (k *kubelet) tell(ctx context.Context, pod *corev1.Pod, code int, conditions []corev1.PodCondition) error {
	phase := corev1.PodSucceeded
	if code != 0 {
		phase = corev1.PodFailed
	}
	status := corev1.PodStatus{Phase: phase, Conditions: conditions, ContainerStatuses: []corev1.ContainerStatus{{
		Name: pod.Spec.Containers[0].Name, Image: "local", ImageID: "local",
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: int32(code), Reason: "Ended"}},
	}}}
	body, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	return k.call(ctx, "PATCH", "/api/v1/namespaces/"+namespace+"/pods/"+pod.Name+"/status", "application/strategic-merge-patch+json", body, nil)
}

// compare holds the status of the Job that has ended against what is expected.
func (k *kubelet) compare(job *batchv1.Job, c *batchv1.JobCondition) error {
	s := &job.Status
	failed := ""
	if s.FailedIndexes != nil {
		failed = *s.FailedIndexes
	}
	fmt.Printf("the Job has ended: %s (%s): completed %q, failed %q, pods that failed %d\n", c.Type, c.Reason, s.CompletedIndexes, failed, s.Failed)
	var wrong bytes.Buffer
	if s.CompletedIndexes != k.o.completed || failed != k.o.failed {
		fmt.Fprintf(&wrong, "completed %q and failed %q are expected; ", k.o.completed, k.o.failed)
	}
	for index := range int(*job.Spec.Completions) {
		want := 1
		if index == k.o.kill || index == k.o.evict {
			want = 2
		}
		if k.count[index] != want {
			fmt.Fprintf(&wrong, "index %d had %d pods, %d are expected; ", index, k.count[index], want)
		}
	}
	if wrong.Len() > 0 {
		return fmt.Errorf("%s", wrong.String())
	}
	return nil
}
