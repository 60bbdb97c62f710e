// Package manifest checks the manifest that gmel cluster prints against the types that Kubernetes publishes. It is a module of its own,
// so that gmel does not depend on them.
package manifest
