/*
 * Break- and watchpoints as gdb asks for them.
 * GDB manual, "Packets", `z` and `Z`.
 *
 * Not implemented: conditions and commands that run on our side (agent expressions).
 */
#include "frontend/gdb/server_inside.h"

enum { MOST_WATCHED = 1 << 20 };

/* TYPE,ADDRESS,KIND: of a watchpoint KIND is its length. */
static bool parse(const char *text, GdbPoint *point)
{
    u64 type, kind;

    if (!hex_number(&text, &type) || type > 4 || *text++ != ',')
        return false;
    if (!hex_number(&text, &point->address) || *text++ != ',')
        return false;
    if (!hex_number(&text, &kind) || (*text && *text != ';'))
        return false;
    point->type = (unsigned)type;
    point->length = type < 2 ? 1 : kind;
    return type < 2 || (kind > 0 && kind <= MOST_WATCHED);
}

static GdbPoint *find(GdbServer *server, const GdbPoint *wanted)
{
    for (unsigned i = 0; i < GDB_POINTS; i++) {
        GdbPoint *point = &server->points[i];
        if (point->number && point->type == wanted->type && point->address == wanted->address &&
            point->length == wanted->length)
            return point;
    }
    return NULL;
}

static GdbPoint *find_free(GdbServer *server)
{
    for (unsigned i = 0; i < GDB_POINTS; i++)
        if (!server->points[i].number)
            return &server->points[i];
    return NULL;
}

const GdbPoint *gdb_point_by_number(const GdbServer *server, unsigned number)
{
    for (unsigned i = 0; i < GDB_POINTS; i++)
        if (number && server->points[i].number == number)
            return &server->points[i];
    return NULL;
}

static bool is_taken_away(GdbServer *server, const GdbPoint *wanted)
{
    GdbPoint *point = find(server, wanted);

    if (!point)
        return false;
    debugger_remove_point(server->debugger, point->number);
    point->number = 0;
    return true;
}

GdbAnswer gdb_insert_point(GdbServer *server, const char *arguments, size_t length)
{
    static const PointKind kinds[] = {POINT_EXECUTE, POINT_EXECUTE, POINT_WRITE, POINT_READ,
                                      POINT_ACCESS};
    GdbPoint wanted = {0}, *row;
    const Point *point;
    char error[256];

    (void)length;
    if (!parse(arguments, &wanted)) {
        gdb_say_error(server, GDB_BAD_ARGUMENT);
        return GDB_ANSWERED;
    }
    /* The same point twice is one point. */
    row = find(server, &wanted);
    if (!row) {
        const PointSpec spec = {.kind = kinds[wanted.type],
                                .address_kind = ADDRESS_LINEAR,
                                .address = wanted.address,
                                .length = wanted.length};
        row = find_free(server);
        point = row ? debugger_add_point(server->debugger, &spec, error, sizeof error) : NULL;
        if (!point) {
            gdb_say_error(server, GDB_NO_ROOM);
            return GDB_ANSWERED;
        }
        *row = wanted;
        row->number = point->number;
    }
    gdb_say_ok(server);
    return GDB_ANSWERED;
}

GdbAnswer gdb_remove_point(GdbServer *server, const char *arguments, size_t length)
{
    GdbPoint wanted = {0};

    (void)length;
    if (!parse(arguments, &wanted))
        gdb_say_error(server, GDB_BAD_ARGUMENT);
    else if (!is_taken_away(server, &wanted))
        gdb_say_error(server, GDB_NO_SUCH);
    else
        gdb_say_ok(server);
    return GDB_ANSWERED;
}

void gdb_remove_points(GdbServer *server)
{
    for (unsigned i = 0; i < GDB_POINTS; i++) {
        if (server->points[i].number)
            debugger_remove_point(server->debugger, server->points[i].number);
        server->points[i].number = 0;
    }
}
