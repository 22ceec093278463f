/*
 * What tests/values_test.c looks at: values of every kind of C type, and functions with variables.
 * It runs on a bare processor, flat, and is never left: its end is a HLT.
 */
typedef unsigned char byte_t;
typedef enum Colour { RED = 1, GREEN = 2, BLUE = 4, BLACK = 32 } Colour;

typedef struct Point {
    int x, y;
} Point;

struct node {
    int value;
    struct node *next;
    const char *label;
    union {
        unsigned whole;
        byte_t parts[4];
    };
    unsigned low : 3, middle : 7;
    int high : 4;
    Colour colour;
    _Bool is_last;
    Point corners[3];
};

struct node nodes[3] = {
    {10, &nodes[1], "first", {0x11223344}, 5, 100, -3, GREEN, 0, {{1, 2}, {3, 4}, {-5, 6}}},
    {20, &nodes[2], "second \"two\"", {7}, 0, 0, 0, RED | BLUE, 0, {{0, 0}, {0, 0}, {0, 0}}},
    {30, 0, 0, {0}, 7, 127, 7, 99, 1, {{0, 0}, {0, 0}, {0, 0}}},
};
struct node *head = nodes;
char text[16] = "hello\n";
char bytes[4] = {'a', 0, 'b', 'c'};
short matrix[2][3] = {{1, 2, 3}, {4, 5, -6}};
int zeros[100];
float single = 1.5F;
double wide = -0.25;
long long big = -5000000000LL;
int (*handler)(struct node *node, int depth);
void *anything = &zeros[2];
static int hidden = 42;

int count(struct node *node, int depth);
int count(struct node *node, int depth)
{
    struct node copy = *node;
    int below = 0;

    if (copy.next) {
        struct node *next = copy.next;

        below = count(next, depth + 1);
    }
    return below + copy.value + hidden;
}

int spin(int times);
int spin(int times)
{
    int sum = 0;

    for (int i = 0; i < times; i++)
        sum += i & 3;
    return sum;
}

static void *away[5];

int leap(int depth);
int leap(int depth)
{
    if (depth)
        return leap(depth - 1) + 1;
    __builtin_longjmp(away, 1);
}

int catcher(void);
int catcher(void)
{
    if (__builtin_setjmp(away))
        return 1;
    return leap(2);
}

void begin(void);
void begin(void)
{
    handler = count;
    zeros[0] = handler(head, 0);
    zeros[1] = spin(1000000);
    zeros[2] = catcher();
    for (;;)
        __asm__ volatile("hlt");
}

/* A compiler may copy a structure by it. */
void *memcpy(void *to, const void *from, __SIZE_TYPE__ length)
{
    for (__SIZE_TYPE__ i = 0; i < length; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}
