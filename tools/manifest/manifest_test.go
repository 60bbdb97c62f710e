package manifest

import (
	"os"
	"slices"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// golden is what gmel prints; the tests of deploy compare the two.
const golden = "../../deploy/testdata/job.yaml"

func read(t *testing.T) (text string, job batch.Job) {
	t.Helper()
	data, err := os.ReadFile(golden)
	if err == nil {
		err = yaml.UnmarshalStrict(data, &job)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data), job
}

// TestStrict: every key is one of the published types, and a wrong one is found.
func TestStrict(t *testing.T) {
	text, job := read(t)
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		t.Errorf("%s %s", job.APIVersion, job.Kind)
	}
	for right, wrong := range map[string]string{"backoffLimitPerIndex:": "backoffLimitPerIndexes:", "fieldPath:": "path:", "claimName:": "claim:"} {
		bad := strings.Replace(text, right, wrong, 1)
		if err := yaml.UnmarshalStrict([]byte(bad), new(batch.Job)); bad == text || err == nil {
			t.Errorf("%s passes", wrong)
		}
	}
}

// TestRules: what an API server checks beyond the keys (validation of batch/v1: Indexed completion and failure policies).
func TestRules(t *testing.T) {
	_, job := read(t)
	s, pod := job.Spec, job.Spec.Template.Spec
	if *s.CompletionMode != batch.IndexedCompletion || *s.Completions != 30 || *s.Parallelism != 8 || *s.BackoffLimitPerIndex < 1 {
		t.Errorf("an index retries alone only in an Indexed Job: %v", s)
	}
	if pod.RestartPolicy != core.RestartPolicyNever {
		t.Errorf("a policy for failures needs restartPolicy Never, not %s", pod.RestartPolicy)
	}
	var actions []string
	for _, rule := range s.PodFailurePolicy.Rules {
		actions = append(actions, string(rule.Action))
		if codes := rule.OnExitCodes; codes != nil && (*codes.ContainerName != pod.Containers[0].Name || slices.Contains(codes.Values, 0)) {
			t.Errorf("rule %v", rule)
		}
		if (rule.OnExitCodes == nil) == (len(rule.OnPodConditions) == 0) {
			t.Errorf("a rule has either exit codes or conditions: %v", rule)
		}
	}
	if want := []string{"FailIndex", "Ignore", "Ignore"}; !slices.Equal(actions, want) {
		t.Errorf("actions %s, want %s", actions, want)
	}
	if c := pod.Containers[0]; c.VolumeMounts[0].Name != pod.Volumes[0].Name || c.Resources.Limits.Memory().Value() != 3<<30 || c.Resources.Limits.Cpu().Value() != 4 {
		t.Errorf("container %v", c)
	}
}
