// load_first and store_first for instruction sets without masks, and for AddressSanitizer, which
// does not check masked accesses.

static INLINE vec load_first(const float *p, int n) {
	vec v = splat(0);
	for (int i = 0; i < n; i++) v[i] = p[i];
	return v;
}

static INLINE void store_first(float *p, vec v, int n) {
	for (int i = 0; i < n; i++) p[i] = v[i];
}
