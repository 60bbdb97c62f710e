// What the two instruction sets with 4 floats a vector share.
#define VL 4
#define TILE_ROWS 6
typedef float vec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));
typedef float loose_vec __attribute__((vector_size(16), aligned(4), may_alias));
typedef ivec mask;

static INLINE vec splat(float x) { return (vec){x, x, x, x}; }
static INLINE mask less(vec a, vec b) { return a < b; }
static INLINE mask less_equal(vec a, vec b) { return a <= b; }
static INLINE mask has_bit(ivec x, int32_t bit) { return (x & bit) != 0; }
static INLINE vec choose(mask m, vec a, vec b) { return (vec)((m & (ivec)a) | (~m & (ivec)b)); }

static INLINE vec load_first(const float *p, int n) {
	vec v = splat(0);
	for (int i = 0; i < n; i++) v[i] = p[i];
	return v;
}
static INLINE void store_first(float *p, vec v, int n) {
	for (int i = 0; i < n; i++) p[i] = v[i];
}
