import time
from sqlalchemy import text, event
from tests.storage.amber import *
from storage.books import *
import cProfile, pstats
def test_x(database):
    if database.sqlite: return
    pages = [[invoice(at * 1000 + one, of=one % 50) for one in range(1000)] for at in range(10)]
    for p in pages: save(database,*p)
    t=[]
    def b(conn, cursor, statement, parameters, context, executemany): context._t=time.time()
    def a(conn, cursor, statement, parameters, context, executemany): t.append((round(time.time()-context._t,4), statement[:60]))
    event.listen(database.engine,"before_cursor_execute",b); event.listen(database.engine,"after_cursor_execute",a)
    pr=cProfile.Profile(); pr.enable()
    save(database,*pages[3])
    pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(15)
    print(*t,sep="\n")
    ids=[str(3000+i) for i in range(1000)]
    with database.read() as tx:
        for r in tx.execute(text("explain (analyze, buffers) select id, hash from invoice where business_id='b1' and connection_id='c1' and id = any(:i)"),{"i":ids}): print(str(r)[:300])
